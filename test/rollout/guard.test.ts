import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { EmqxError } from "../../components/errors";
import { fencedTeardown, guarded } from "../../components/rollout/guard";
import { emptyRecord } from "../../components/rollout/record";
import type { Cluster, Fence, RecordStore } from "../../components/rollout/types";

let done: string[] = [];
let refusal: EmqxError | undefined;
let lost: EmqxError | undefined;
const note = async (what: string, error?: EmqxError) => {
  if (error) throw error;
  done.push(what);
};
const fence: Fence = {
  acquire: () => note("acquire", refusal),
  renew: () => note("renew", lost),
  tidy: () => note("tidy"),
  release: () => note("release"),
};
const lease = { forget: () => void done.push("forget") };
const parts: { cluster: Cluster; records: RecordStore } = {
  cluster: {
    observe: () => Promise.reject(new Error("unused")),
    act: ({ do: what }) => note(what),
  },
  records: { load: async () => emptyRecord(), save: () => note("save") },
};
const tearDown = () =>
  fencedTeardown({ fence, lease, run: (perform) => perform("deleteLease", () => note("step")) });

beforeEach(() => {
  done = [];
  refusal = undefined;
  lost = undefined;
});

test("the fence is asked right before every action and every record", async () => {
  const { cluster, records } = guarded(parts, fence);
  await cluster.act({ do: "clearControl" });
  await records.save(emptyRecord());
  assert.deepEqual(done, ["renew", "clearControl", "renew", "save"]);
});

test("without the fence nothing is done", async () => {
  lost = new EmqxError("EMQX_ROLLOUT_ORPHANED", "alone");
  const { cluster, records } = guarded(parts, fence);
  await assert.rejects(cluster.act({ do: "clearControl" }), lost);
  await assert.rejects(records.save(emptyRecord()), lost);
  assert.deepEqual(done, []);
});

test("a teardown holds the fence and asks it at every step", async () => {
  await tearDown();
  assert.deepEqual(done, ["acquire", "renew", "step", "forget"]);
});

test("a teardown does nothing while somebody upgrades", async () => {
  refusal = new EmqxError("EMQX_ROLLOUT_FENCED", "held");
  await assert.rejects(tearDown(), refusal);
  assert.deepEqual(done, []);
});

test("a teardown goes on where no Lease can be written", async () => {
  refusal = new EmqxError("EMQX_KUBERNETES_ERROR", "the namespace is being deleted");
  await tearDown();
  assert.deepEqual(done, ["renew", "step", "forget"]);
});

test("a teardown that fails releases the fence", async () => {
  lost = new EmqxError("EMQX_ROLLOUT_FENCED", "taken");
  await assert.rejects(tearDown(), lost);
  assert.deepEqual(done, ["acquire", "release"]);
});
