import assert from "node:assert/strict";
import test from "node:test";
import { sandboxEnvironment } from "../../../sandbox/control-plane/environment";
import { layoutOf } from "../../../sandbox/control-plane/layout";

test("the sandbox's Pulumi comes first on PATH, once", () => {
  const env = sandboxEnvironment(layoutOf("/s"), "/pulumi", "/usr/bin:/pulumi:/bin");
  assert.equal(env.PATH, "/pulumi:/usr/bin:/bin");
});

test("everything that Pulumi reads and writes stays in the sandbox's folder", () => {
  const env = sandboxEnvironment(layoutOf("/s"), "/pulumi", "/bin");
  assert.equal(env.KUBECONFIG, "/s/runner.kubeconfig");
  assert.equal(env.PULUMI_HOME, "/s/pulumi-home");
  assert.equal(env.PULUMI_BACKEND_URL, "file:///s/pulumi");
  assert.equal(env.SANDBOX_DIR, "/s");
  assert.equal(env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION, "true");
});

test("the folder is the one asked for, then SANDBOX_DIR, then .sandbox", () => {
  assert.equal(layoutOf("/asked", { SANDBOX_DIR: "/variable" }).dir, "/asked");
  assert.equal(layoutOf(undefined, { SANDBOX_DIR: "/variable" }).dir, "/variable");
  assert.match(layoutOf(undefined, {}).dir, /\/\.sandbox$/);
});
