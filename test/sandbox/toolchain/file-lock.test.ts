import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileLock } from "../../../sandbox/toolchain/file-lock";
import { identify } from "../../../sandbox/toolchain/process-identity";
import { temporaryFolder } from "./temporary-folder";

test("only one holder works at a time", async (t) => {
  const file = join(temporaryFolder(t), "lock");
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await sleep(20);
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withFileLock(file, work)));
  assert.equal(most, 1);
  assert.equal(existsSync(file), false);
});

test("the lock is released when the work fails", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "lock");
  await assert.rejects(
    withFileLock(file, () => Promise.reject(new Error("work"))),
    /work/,
  );
  assert.deepEqual(readdirSync(folder), []);
});

test("a lock whose process is gone is taken over", async (t) => {
  const file = join(temporaryFolder(t), "lock");
  const child = spawn("sleep", ["60"]);
  writeFileSync(file, JSON.stringify(identify(child.pid ?? 0)));
  child.kill("SIGKILL");
  await once(child, "close");
  assert.equal(await withFileLock(file, () => Promise.resolve("worked")), "worked");
});

test("a lock of a pid that now belongs to another process is taken over", async (t) => {
  const file = join(temporaryFolder(t), "lock");
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: "long ago" }));
  assert.equal(await withFileLock(file, () => Promise.resolve("worked")), "worked");
});

test("who waits is told for whom, and can give up", async (t) => {
  const file = join(temporaryFolder(t), "lock");
  writeFileSync(file, JSON.stringify(identify(process.pid)));
  const controller = new AbortController();
  const waitedFor: number[] = [];
  const onWait = (pid: number): void => {
    waitedFor.push(pid);
    controller.abort();
  };
  const waiting = withFileLock(file, () => Promise.resolve("worked"), {
    onWait,
    signal: controller.signal,
  });
  await assert.rejects(waiting, { code: "SANDBOX_ABORTED" });
  assert.deepEqual(waitedFor, [process.pid]);
  assert.equal(existsSync(file), true);
});
