import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Sandbox } from "../../sandbox/sandbox";
import {
  settingsFile,
  settingsOf,
  specOf,
  type ScenarioOptions,
} from "../../sandbox/scenario-options";

const options: ScenarioOptions = {
  sandbox: {} as Sandbox,
  stack: "s",
  image: "emqx/emqx:6.0.1",
  replicas: 3,
  connEvictRate: 40,
  sessEvictRate: 30,
  initialDelaySeconds: 1,
  waitTakeover: 2,
};

test("The settings are those of the repository's program, and defaults are not written down", () => {
  assert.deepEqual(settingsOf({ ...options, cluster: "emqx", namespace: "default" }), {
    image: "emqx/emqx:6.0.1",
    replicas: "3",
    connEvictRate: "40",
    sessEvictRate: "30",
    initialDelaySeconds: "1",
    waitTakeover: "2",
  });
  const named = settingsOf({ ...options, cluster: "a", namespace: "b", config: { nodePort: "1" } });
  assert.deepEqual([named.name, named.namespace, named.nodePort], ["a", "b", "1"]);
});

test("The number of replicants joins what the spec says about them", () => {
  assert.equal(specOf({}), undefined);
  const spec = { config: { mode: "Merge" }, replicantTemplate: { spec: { extraLabels: 1 } } };
  assert.deepEqual(specOf({ spec }), spec);
  assert.deepEqual(specOf({ spec, replicants: 2 }), {
    config: { mode: "Merge" },
    replicantTemplate: { spec: { extraLabels: 1, replicas: 2 } },
  });
  assert.equal(
    settingsOf({ ...options, replicants: 0 }).spec,
    '{"replicantTemplate":{"spec":{"replicas":0}}}',
  );
});

test("A program of somebody's own gets its own settings only", () => {
  const config = { file: "cr.yaml" };
  assert.deepEqual(settingsOf({ ...options, ownSettings: true, config }), config);
});

test("A settings file is taken over without how its secrets are encrypted", () => {
  const folder = mkdtempSync(join(tmpdir(), "settings-"));
  const file = join(folder, "Pulumi.prod.yaml");
  writeFileSync(file, "encryptionsalt: v1:abc\nconfig:\n  emqx:replicas: 3\n");
  assert.equal(settingsFile(file), "config:\n  emqx:replicas: 3\n");
  rmSync(folder, { recursive: true });
});
