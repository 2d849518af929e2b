import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { identify, isAlive } from "../../../sandbox/toolchain/process-identity";

test("a process is alive until it ends", async () => {
  const child = spawn("sleep", ["60"]);
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  assert.equal(isAlive(identity), true);
  child.kill("SIGKILL");
  await once(child, "close");
  assert.equal(isAlive(identity), false);
});

test("another process with the same pid is not taken for it", () => {
  assert.equal(isAlive({ pid: process.pid, started: "1" }), false);
});
