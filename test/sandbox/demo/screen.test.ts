import assert from "node:assert/strict";
import { test } from "node:test";
import { setOfPod } from "../../../sandbox/demo/screen";

test("A pod's set is known by its name, whether a StatefulSet's or a Deployment's", () => {
  assert.equal(setOfPod("emqx-core-5f3a-0"), "emqx-core-5f3a");
  assert.equal(setOfPod("emqx-ee-54fc496fb4-12"), "emqx-ee-54fc496fb4");
  assert.equal(setOfPod("emqx-replicant-9b2c-7d9f8b-x2z9q"), "emqx-replicant-9b2c");
});
