import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff, MAX_BACKOFF_MS } from "../../../../sandbox/node-agent/pod/backoff";

test("the first restart is immediate, then the delay doubles up to five minutes", () => {
  const backoff = new Backoff(10_000);
  const delays = Array.from({ length: 8 }, () => backoff.next(100) / 1000);
  assert.deepEqual(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test("the first retry of a pull waits", () => {
  const backoff = new Backoff(10_000, false);
  assert.deepEqual([backoff.next(0), backoff.next(0)], [10_000, 20_000]);
});

test("a long run makes the delays start over", () => {
  const backoff = new Backoff(10_000);
  for (let i = 0; i < 5; i += 1) backoff.next(100);
  assert.equal(backoff.next(2 * MAX_BACKOFF_MS + 1), 0);
  assert.equal(backoff.next(100), 10_000);
});
