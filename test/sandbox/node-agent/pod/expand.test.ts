import assert from "node:assert/strict";
import { test } from "node:test";
import { expand } from "../../../../sandbox/node-agent/pod/expand";

const values = new Map([
  ["POD", "emqx-0"],
  ["EMPTY", ""],
]);

test("a reference is replaced by the value, also when that is empty", () => {
  assert.equal(expand("$(POD).x$(EMPTY)y", values), "emqx-0.xy");
});

test("an unknown reference stays as it is written", () => {
  assert.equal(expand("$(NOPE) $POD $(POD", values), "$(NOPE) $POD $(POD");
});

test("a doubled dollar protects a reference", () => {
  assert.equal(expand("$$(POD) $$$(POD)", values), "$(POD) $emqx-0");
});
