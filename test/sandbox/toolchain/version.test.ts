import assert from "node:assert/strict";
import test from "node:test";
import { compareVersions, parseVersion } from "../../../sandbox/toolchain/version";

test("the version is found in what each tool prints", () => {
  assert.deepEqual(parseVersion("etcd Version: 3.6.4\nGit SHA: abc"), [3, 6, 4]);
  assert.deepEqual(parseVersion("Kubernetes v1.34.4"), [1, 34, 4]);
  assert.deepEqual(parseVersion("go1.26"), [1, 26, 0]);
  assert.equal(parseVersion("unknown"), undefined);
});

test("versions are compared by number, not by text", () => {
  assert.ok(compareVersions([1, 9, 0], [1, 25, 8]) < 0);
  assert.ok(compareVersions([1, 25, 10], [1, 25, 8]) > 0);
  assert.equal(compareVersions([3, 232, 0], [3, 232, 0]), 0);
});
