import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../components/rollout/connect";
import { glance } from "../../components/rollout/glance";

const connection = () => {
  const seen = { closed: 0 };
  const close = async () => void (seen.closed += 1);
  return { seen, open: async () => ({ close }) as unknown as Connection };
};

test("what was looked at is answered, and the connection closed", async () => {
  const { seen, open } = connection();
  assert.equal(await glance(open, async () => 7), 7);
  await new Promise(setImmediate);
  assert.equal(seen.closed, 1);
});

test("whatever fails is the reason why nothing is known", async () => {
  const { seen, open } = connection();
  const fails = () => Promise.reject(new Error("no route"));
  assert.deepEqual(await glance(open, fails), { unknown: "no route" });
  await new Promise(setImmediate);
  assert.equal(seen.closed, 1);
  const never = () => {
    throw new Error("no kubeconfig");
  };
  assert.deepEqual(await glance(never, async () => 7), { unknown: "no kubeconfig" });
});

test("a cluster that does not answer is not waited for", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { seen, open } = connection();
  const answer = glance(open, () => new Promise<never>(() => undefined));
  await new Promise(setImmediate);
  t.mock.timers.tick(8_000);
  assert.deepEqual(await answer, { unknown: "the cluster did not answer within 8 s" });
  await new Promise(setImmediate);
  assert.equal(seen.closed, 1);
});
