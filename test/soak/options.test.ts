import assert from "node:assert/strict";
import { test } from "node:test";
import { soakOptions } from "./options";

test("the seed names the history, and comes from the clock when none is given", () => {
  const { seed, out, minutes } = soakOptions(["--seed", "7", "--minutes", "30"]);
  assert.deepEqual([seed, minutes], [7, 30]);
  assert.match(out, /build\/soak\/7\.jsonl$/);
  assert.equal(soakOptions([], 1_700_012_345).seed, 12_345);
});

test("with a number of steps only they end the walk", () => {
  assert.equal(soakOptions([]).minutes, 10);
  const { steps, minutes } = soakOptions(["--steps", "3"]);
  assert.equal(steps, 3);
  assert.ok(minutes > 1000);
});

test("what is no positive number is refused with its name", () => {
  assert.throws(() => soakOptions(["--minutes", "soon"]), /--minutes.*got soon/);
  assert.throws(() => soakOptions(["--clients", "0"]), /--clients/);
});
