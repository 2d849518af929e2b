import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { prepareCredentials, RUNNER } from "../../../sandbox/control-plane/credentials";
import { writeKubeconfigs } from "../../../sandbox/control-plane/kubeconfig";
import { layoutOf } from "../../../sandbox/control-plane/layout";
import { temporaryFolder } from "../toolchain/temporary-folder";

test("credentials are made once, differ, and only their owner can read them", (t) => {
  const layout = layoutOf(temporaryFolder(t));
  const tokens = prepareCredentials(layout);
  const key = readFileSync(layout.serviceAccountKey, "utf8");
  assert.equal(new Set(Object.values(tokens)).size, 4);
  assert.ok(Object.values(tokens).every((token) => /^[0-9a-f]{48}$/.test(token)));
  assert.deepEqual(prepareCredentials(layout), tokens);
  assert.equal(readFileSync(layout.serviceAccountKey, "utf8"), key);
  for (const file of [layout.tokens, layout.serviceAccountKey]) {
    assert.equal(statSync(file).mode & 0o077, 0, file);
  }
});

test("a folder of an earlier version gets a token for the user that it lacks", (t) => {
  const layout = layoutOf(temporaryFolder(t));
  const before = prepareCredentials(layout);
  const lines = readFileSync(layout.tokens, "utf8").split("\n");
  writeFileSync(layout.tokens, lines.filter((line) => !line.includes(RUNNER)).join("\n"));
  const { runner, ...others } = prepareCredentials(layout);
  assert.match(runner, /^[0-9a-f]{48}$/);
  assert.notEqual(runner, before.runner);
  assert.deepEqual({ ...others, runner: before.runner }, before);
});

test("each part gets its own kubeconfig", (t) => {
  const layout = layoutOf(temporaryFolder(t));
  const tokens = prepareCredentials(layout);
  writeFileSync(join(layout.certificates, "apiserver.crt"), "certificate");
  writeKubeconfigs(layout, "https://127.0.0.1:1", tokens);
  for (const [file, token] of [
    [layout.kubeconfig, tokens.admin],
    [layout.nodeAgentKubeconfig, tokens.nodeAgent],
    [layout.controllerManagerKubeconfig, tokens.controllerManager],
    [layout.runnerKubeconfig, tokens.runner],
  ] as const) {
    const text = readFileSync(file, "utf8");
    assert.ok(text.includes(`token: ${token}\n`), file);
    assert.ok(text.includes("server: https://127.0.0.1:1\n"));
    assert.equal(statSync(file).mode & 0o077, 0);
  }
});
