import assert from "node:assert/strict";
import { test } from "node:test";
import { Stopwatch } from "../../components/rollout/held";

test("a condition's age starts when it begins to hold, and anew after a gap", () => {
  const watch = new Stopwatch();
  assert.deepEqual(watch.update({ joined: true, quiet: false }, 1000), { joined: 0 });
  assert.deepEqual(watch.update({ joined: true, quiet: true }, 1500), { joined: 500, quiet: 0 });
  assert.deepEqual(watch.update({ quiet: true }, 2000), { quiet: 500 });
  assert.deepEqual(watch.update({ joined: true, quiet: true }, 2500), { joined: 0, quiet: 1000 });
});

test("time in which nobody looked, as during an outage, counts for five seconds at most", () => {
  const watch = new Stopwatch();
  watch.update({ down: true }, 1000);
  assert.deepEqual(watch.update({ down: true }, 2000), { down: 1000 });
  assert.deepEqual(watch.update({ down: true }, 62_000), { down: 6000 });
  assert.deepEqual(watch.update({ down: true }, 61_000), { down: 6000 });
});
