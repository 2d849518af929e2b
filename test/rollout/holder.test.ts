import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lease } from "../../components/kubernetes/shapes";
import { atWork, holderIdentity } from "../../components/rollout/holder";

const NOW = Date.parse("2026-11-21T12:00:10Z");
const lease = (holderIdentity: string, renewTime: string): Lease => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "emqx-rollout" },
  spec: { holderIdentity, renewTime, acquireTime: "11:59", leaseDurationSeconds: 15 },
});

test("whoever renews the Lease is at work, until it has run out", () => {
  const fresh = lease("ci/7/1-00000000", "2026-11-21T12:00:00.000000Z");
  assert.equal(atWork(fresh, NOW), "ci/7/1-00000000 since 11:59");
  assert.equal(atWork(fresh, NOW + 10_000), undefined);
});

test("nobody is at work without a Lease, with one that was given back, or on behalf of the dead", () => {
  assert.equal(atWork(undefined, NOW), undefined);
  assert.equal(atWork(lease("", "2026-11-21T12:00:09Z"), NOW), undefined);
  const [host, , space] = holderIdentity().split("/");
  const dead = `${host}/${2 ** 22 + 1}/${space}`;
  assert.equal(atWork(lease(dead, "2026-11-21T12:00:09Z"), NOW), undefined);
  assert.match(atWork(lease(holderIdentity(), "2026-11-21T12:00:09Z"), NOW) ?? "", / since 11:59$/);
});
