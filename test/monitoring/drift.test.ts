import assert from "node:assert/strict";
import { test } from "node:test";
import { driftOf } from "../../components/monitoring/drift";

const applied = { spec: { port: "dashboard", list: [{ a: 1 }, { b: 2 }] } };

test("what others add is no drift", () => {
  const live = {
    metadata: { uid: "u" },
    spec: { port: "dashboard", list: [{ a: 1, action: "replace" }, { b: 2 }], scheme: "http" },
  };
  assert.equal(driftOf(applied, live), false);
});

test("a changed value, a lost field, another list and a lost object are drift", () => {
  for (const spec of [
    { ...applied.spec, port: "other" },
    { list: applied.spec.list },
    { ...applied.spec, list: [{ a: 1 }] },
    { ...applied.spec, list: [{ b: 2 }, { a: 1 }] },
    { ...applied.spec, list: "text" },
  ]) {
    assert.equal(driftOf(applied, { spec }), true, JSON.stringify(spec));
  }
  assert.equal(driftOf(applied, undefined), true);
});
