import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writesSince } from "../../../sandbox/measure/audit";

const entry = (seconds: number, userAgent: string, name: string): string =>
  JSON.stringify({
    verb: "patch",
    userAgent,
    requestReceivedTimestamp: new Date(seconds * 1000).toISOString(),
    objectRef: { resource: "configmaps", namespace: "default", name },
    responseStatus: { code: 200 },
  });

test("Writes are found by time and user agent, and a line that is being written is passed over", () => {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  const file = join(folder, "audit.jsonl");
  const lines = [
    entry(10, "pulumi-emqx/0.1.0", "too-early"),
    entry(20, "kube-controller-manager/v1.34.4", "somebody-else"),
    entry(21, "pulumi-emqx/0.1.0", "emqx-rollout"),
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
