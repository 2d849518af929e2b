/** The fence while the API server takes requests and answers none. */
import assert from "node:assert/strict";
import { beforeEach, test, type TestContext } from "node:test";
import { EmqxError } from "../../components/errors";
import type { KubernetesClient } from "../../components/kubernetes/client";
import { LeaseFence } from "../../components/rollout/fence";
import { site } from "./io-fixtures";

let now = 0;
const clock = { now: () => now, sleep: async (milliseconds: number) => void (now += milliseconds) };
const runner = { gone: async () => false, monotonic: () => now };

beforeEach((context) => {
  const { mock } = context as TestContext;
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

/** Holds a Lease that is due to be renewed, while each write stays unanswered until it is failed. */
async function heldInSilence() {
  const writes: { holder: string; fail: () => void }[] = [];
  type Lease = { spec: { holderIdentity: string } };
  const object = ({ spec }: Lease) => ({ metadata: {}, spec });
  let held: Lease | undefined;
  const silent = {
    get: async () => held && object(held),
    create: async (lease: Lease) => object((held = lease)),
    replace: ({ spec }: Lease) =>
      new Promise((_resolve, reject) => {
        const fail = () => reject(new EmqxError("EMQX_KUBERNETES_UNREACHABLE", "silent"));
        writes.push({ holder: spec.holderIdentity, fail });
      }),
  };
  const sink = { status: () => undefined };
  const kube = silent as unknown as KubernetesClient;
  const fence = new LeaseFence(site, kube, clock, sink, runner);
  await fence.acquire();
  now += 5_000;
  return { fence, writes };
}

async function pass({ mock }: TestContext, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 1) {
    mock.timers.tick(1_000);
    await new Promise(setImmediate);
  }
}

test("while a beat waits, no other is queued before whoever acts", async (t) => {
  const { fence, writes } = await heldInSilence();
  await pass(t, 10);
  const renewed = fence.renew();
  for (let i = 0; i < writes.length; i += 1) {
    writes[i]!.fail();
    await new Promise(setImmediate);
  }
  await renewed;
  assert.equal(writes.length, 2, "the beat's and the renewal's");
});

test("a release waits 5 s for a beat under way, and writes nothing later", async (t) => {
  const { fence, writes } = await heldInSilence();
  await pass(t, 3);
  assert.equal(writes.length, 1, "a beat is under way");
  let released = false;
  void fence.release().then(() => (released = true));
  await pass(t, 4);
  assert.equal(released, false);
  await pass(t, 1);
  assert.equal(released, true);
  writes[0]!.fail();
  await pass(t, 10);
  assert.equal(writes.length, 1);
});

test("a release that stays unanswered itself ends after 5 s, without an error", async (t) => {
  const { fence, writes } = await heldInSilence();
  let released = false;
  void fence.release().then(() => (released = true));
  await pass(t, 5);
  assert.equal(released, true);
  writes[0]!.fail();
  await pass(t, 10);
  assert.deepEqual(
    writes.map(({ holder }) => holder),
    [""],
  );
});
