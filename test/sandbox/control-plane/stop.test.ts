import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { layoutOf } from "../../../sandbox/control-plane/layout";
import { readState, writeState, type ComponentName } from "../../../sandbox/control-plane/state";
import { statusOf } from "../../../sandbox/control-plane/status";
import { endProcess, podProcesses, stopComponents } from "../../../sandbox/control-plane/stop";
import { identify, isAlive } from "../../../sandbox/toolchain/process-identity";
import { temporaryFolder } from "../toolchain/temporary-folder";

function start(script: string, env: NodeJS.ProcessEnv = {}) {
  const child = spawn("/bin/sh", ["-c", script], { env: { ...process.env, ...env } });
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  return identity;
}

const component = (name: ComponentName, script: string) => ({
  name,
  ...start(script),
  ports: [],
  log: "",
});

test("a process that ignores SIGTERM is killed after its grace", async () => {
  const stubborn = start("trap '' TERM; while :; do sleep 0.1; done");
  await endProcess(stubborn, 0.5);
  assert.equal(isAlive(stubborn), false);
});

test("a process that took over the pid of a crashed part is left alone", async () => {
  const other = start("exec sleep 60");
  await endProcess({ pid: other.pid, started: "before" }, 0);
  assert.equal(isAlive(other), true);
  await endProcess(other, 5);
});

test("a half-started sandbox is ended, its state is forgotten", async (t) => {
  const layout = layoutOf(temporaryFolder(t));
  const components = [
    component("etcd", "exec sleep 60"),
    component("kube-apiserver", "exec sleep 60"),
  ];
  writeState(layout, { phase: "starting", server: "", pulumiFolder: "", components });
  assert.equal((await statusOf(layout)).phase, "starting");
  await stopComponents(layout);
  assert.ok(components.every((each) => !isAlive(each)));
  assert.equal(readState(layout), undefined);
  assert.equal((await statusOf(layout)).phase, "stopped");
});

test("a part that has ended makes the sandbox broken", async (t) => {
  const layout = layoutOf(temporaryFolder(t));
  const etcd = component("etcd", "exec sleep 60");
  const agent = component("node-agent", "exec sleep 60");
  await endProcess(agent, 5);
  const server = "https://127.0.0.1:1";
  writeState(layout, { phase: "running", server, pulumiFolder: "", components: [etcd, agent] });
  const status = await statusOf(layout);
  assert.equal(status.phase, "broken");
  assert.deepEqual(
    status.components.map(({ name, alive }) => [name, alive]),
    [
      ["etcd", true],
      ["node-agent", false],
    ],
  );
  await stopComponents(layout);
});

test("pods of a killed agent are ended, other sandboxes' pods are not", async (t) => {
  const layout = layoutOf(temporaryFolder(t));
  const root = join(layout.dir, "pods", "a");
  mkdirSync(root, { recursive: true });
  const mine = start("exec sleep 60", { SANDBOX_ROOT: root });
  const other = start("exec sleep 60", { SANDBOX_ROOT: `${layout.dir}-other/pods/a` });
  const person = start("exec sleep 60", { SANDBOX_DIR: layout.dir });
  assert.deepEqual(podProcesses(layout), [mine]);
  await stopComponents(layout);
  assert.deepEqual(
    [mine, other, person].map((each) => isAlive(each)),
    [false, true, true],
  );
  await Promise.all([other, person].map((each) => endProcess(each, 5)));
  assert.ok(existsSync(layout.dir));
});
