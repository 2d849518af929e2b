import assert from "node:assert/strict";
import { test } from "node:test";
import { Digest } from "../../../sandbox/demo/digest";

const prefix = " ~  pulumi-nodejs:dynamic/emqx:Rollout emqx-rollout updating (18s) [diff: ~image];";

test("Status lines of one kind are thinned out, other lines all stay", () => {
  const digest = new Digest();
  assert.equal(digest.keeps(`${prefix} Switching`, 0), true);
  assert.equal(digest.keeps(`${prefix} Evacuating 1/3 · 9% · 0/s · ETA 0:22`, 100), true);
  assert.equal(digest.keeps(`${prefix} Evacuating 1/3 · 19% · 98/s · ETA 0:21`, 400), false);
  assert.equal(digest.keeps(`${prefix} Evacuating 2/3 · 59% · 98/s · ETA 0:11`, 5200), true);
  assert.equal(digest.keeps("    + 15 created", 5300), true);
  assert.equal(digest.keeps("@ updating....", 5400), false);
  assert.equal(digest.keeps("", 5500), true);
  assert.equal(digest.keeps("", 5600), false);
});
