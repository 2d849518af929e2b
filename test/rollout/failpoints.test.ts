import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { isEmqxError } from "../../components/errors";
import { failpoint, failpoints, withFailpoints } from "../../components/rollout/failpoints";
import type { Action, Cluster, Fence, RecordStore } from "../../components/rollout/types";
import { emptyRecord } from "../../components/rollout/record";
import { eventually } from "../e2e/support/cluster";

const folder = mkdtempSync(join(tmpdir(), "failpoints-"));
const file = join(folder, "reached");
let done: string[] = [];
const note = async (what: string) => void done.push(what);
const parts: { cluster: Cluster; records: RecordStore; fence: Fence } = {
  cluster: { observe: () => Promise.reject(new Error("unused")), act: ({ do: it }) => note(it) },
  records: { load: async () => emptyRecord(), save: () => note("saveRecord") },
  fence: {
    acquire: () => note("acquireFence"),
    renew: () => note("renew"),
    tidy: () => note("tidy"),
    release: () => note("releaseFence"),
  },
};
const clear: Action = { do: "clearControl" };

beforeEach(() => {
  done = [];
  rmSync(file, { force: true });
});
after(() => rmSync(folder, { recursive: true }));

const env = (point: string) => ({
  PULUMI_EMQX_FAILPOINT: point,
  PULUMI_EMQX_FAILPOINT_FILE: file,
});

/** Waits at the point, tells what was done by then, and lets it go on. */
async function stopped(run: Promise<unknown>): Promise<string[]> {
  const there = await eventually(async () => existsSync(file), Boolean, 10);
  assert.ok(there, "the point was reached");
  assert.equal(readFileSync(file, "utf8"), String(process.pid));
  const before = [...done];
  rmSync(file);
  await run;
  return before;
}

test("without the variable the parts are the very same", () => {
  assert.equal(failpoint({}), undefined);
  assert.equal(withFailpoints(parts, failpoint({})), parts);
});

test("a point before an action holds it back until the file is gone", async () => {
  const { cluster } = withFailpoints(parts, failpoint(env("before:clearControl")));
  assert.deepEqual(await stopped(cluster.act(clear)), []);
  assert.deepEqual(done, ["clearControl"]);
});

test("a point after an action stops once it is done, and only once", async () => {
  const { cluster } = withFailpoints(parts, failpoint(env("after:clearControl")));
  assert.deepEqual(await stopped(cluster.act(clear)), ["clearControl"]);
  await cluster.act(clear);
  assert.equal(existsSync(file), false);
});

test("a point with a number lets the ones before it pass", async () => {
  const { cluster } = withFailpoints(parts, failpoint(env("before:clearControl:2")));
  await cluster.act(clear);
  assert.deepEqual(await stopped(cluster.act(clear)), ["clearControl"]);
});

test("record and fence have points as well, renewing has none", async () => {
  const record = withFailpoints(parts, failpoint(env("after:saveRecord"))).records;
  assert.deepEqual(await stopped(record.save(emptyRecord())), ["saveRecord"]);
  const { fence } = withFailpoints(parts, failpoint(env("before:acquireFence")));
  await fence.renew();
  await stopped(fence.acquire());
  await fence.release();
  assert.deepEqual(done, ["saveRecord", "renew", "acquireFence", "releaseFence"]);
});

test("a point that does not exist is an error that lists those that do", () => {
  assert.throws(
    () => failpoint(env("before:nothing")),
    (error) => isEmqxError(error) && error.message.includes("before:evacuate"),
  );
});

test("every point is listed once, in the form that the variable takes", () => {
  const all = failpoints();
  assert.equal(new Set(all).size, all.length);
  for (const point of all) assert.ok(failpoint(env(point)), point);
  assert.ok(all.includes("after:deleteLease") && all.includes("before:select"));
});
