import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Wheel } from "../../../sandbox/load/wheel";

test("Whatever is set, each index fires once, at its last due time", () => {
  const step = fc.record({
    index: fc.nat(9),
    after: fc.integer({ min: 0, max: 100_000 }),
    turn: fc.nat(3000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 1_000_000;
      const due = new Map<number, number>();
      const wheel = new Wheel(10, now, (index, at) => {
        const expected = due.get(index);
        assert.ok(expected !== undefined, `${index} fired without being set`);
        assert.ok(at >= expected, `${index} fired ${expected - at} ms early`);
        due.delete(index);
      });
      for (const { index, after, turn } of steps) {
        wheel.set(index, now + after);
        due.set(index, now + after);
        now += turn;
        wheel.turn(now);
      }
      wheel.turn(now + 200_000);
      assert.equal(due.size, 0);
    }),
  );
});
