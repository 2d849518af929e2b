import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writesSince } from "../../../sandbox/measure/audit";

const entry = (seconds: number, userAgent: string, name: string, query = ""): string =>
  JSON.stringify({
    verb: "patch",
    requestURI: `/api/v1/namespaces/default/configmaps/${name}?fieldManager=us${query}`,
    userAgent,
    requestReceivedTimestamp: new Date(seconds * 1000).toISOString(),
    objectRef: { resource: "configmaps", namespace: "default", name },
    responseStatus: { code: 200 },
  });

test("Writes are found by time and user agent, and neither dry runs nor a line that is being written count", () => {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  const file = join(folder, "audit.jsonl");
  const lines = [
    entry(10, "pulumi-emqx/0.1.0", "too-early"),
    entry(20, "kube-controller-manager/v1.34.4", "somebody-else"),
    entry(21, "pulumi-emqx/0.1.0", "emqx-rollout"),
    entry(22, "pulumi-emqx/0.1.0", "tried-only", "&dryRun=All"),
    '{"verb":"pat',
  ];
  writeFileSync(file, lines.join("\n"));
  const writes = writesSince(file, 15_000, /^pulumi-emqx\b/);
  rmSync(folder, { recursive: true });
  assert.deepEqual(writes, [
    {
      t: 21_000,
      verb: "patch",
      object: "configmaps default/emqx-rollout",
      userAgent: "pulumi-emqx/0.1.0",
      code: 200,
    },
  ]);
});
