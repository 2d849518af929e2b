import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { launch, waitReady, type Component } from "../../../sandbox/control-plane/launch";
import { endProcess } from "../../../sandbox/control-plane/stop";
import { isAlive } from "../../../sandbox/toolchain/process-identity";
import { temporaryFolder } from "../toolchain/temporary-folder";

function component(t: TestContext, script: string, over: Partial<Component> = {}): Component {
  const folder = temporaryFolder(t);
  return {
    name: "etcd",
    file: "/bin/sh",
    args: ["-c", script],
    ports: [1],
    log: join(folder, "log"),
    ready: () => Promise.resolve(existsSync(join(folder, "ready"))),
    timeout: 20,
    ...over,
  };
}

test("a component runs on its own and is ready when its check says so", async (t) => {
  const started = component(t, 'touch "$(dirname "$LOG")/ready"; exec sleep 60');
  const env = { ...process.env, LOG: started.log };
  const state = launch({ ...started, env }, "/");
  t.after(() => endProcess(state, 5));
  await waitReady(started, state);
  assert.equal(isAlive(state), true);
  assert.deepEqual(state.ports, [1]);
});

test("a component that ends at once is reported with the end of its log", async (t) => {
  const broken = component(t, "echo 'unknown flag: --x' >&2; exit 1");
  await assert.rejects(waitReady(broken, launch(broken, "/")), (error) => {
    assert.equal((error as { code?: string }).code, "SANDBOX_START_FAILED");
    assert.match(String(error), /etcd ended right after its start.*\nunknown flag: --x/s);
    assert.match(String(error), new RegExp(broken.log));
    return true;
  });
});

test("a port that was taken meanwhile is named", async (t) => {
  const broken = component(t, "echo 'listen tcp 127.0.0.1:1: bind: address already in use'");
  await assert.rejects(waitReady(broken, launch(broken, "/")), { code: "SANDBOX_PORT_BUSY" });
});

test("a component that never gets ready is given up", async (t) => {
  const hanging = component(t, "exec sleep 60", { timeout: 0.2 });
  const state = launch(hanging, "/");
  t.after(() => endProcess(state, 5));
  await assert.rejects(waitReady(hanging, state), /etcd was not ready within 0\.2 s/);
});

test("a program that can't be executed is an error, not a crash", (t) => {
  const missing = component(t, "", { file: "/nowhere/etcd" });
  assert.throws(() => launch(missing, "/"), /\/nowhere\/etcd could not be executed/);
});
