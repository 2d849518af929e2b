import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { peakWithin } from "../../../sandbox/measure/peak";

test("The peak of a sliding window is the most that any window holds", () => {
  assert.equal(peakWithin([], 1000), 0);
  assert.equal(peakWithin([0, 999, 1000], 1000), 2);
  fc.assert(
    fc.property(fc.array(fc.nat(5000)), (times) => {
      const slow = times.map(
        (start) => times.filter((time) => time >= start && time < start + 1000).length,
      );
      assert.equal(peakWithin(times, 1000), Math.max(0, ...slow));
    }),
  );
});
