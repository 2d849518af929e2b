import assert from "node:assert/strict";
import fs from "node:fs";
import { hostname } from "node:os";
import { test } from "node:test";
import type { Lease } from "../../components/kubernetes/shapes";
import { atWork, holderIdentity, isKnownDead } from "../../components/rollout/holder";

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

/** A pid that no process has: Linux gives out none above 2^22. */
const GONE = 2 ** 22 + 1;
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

test("a pid of another machine of this name says nothing, nor does one that names no machine", () => {
  const [host, , space = ""] = holderIdentity().split("/");
  const namespace = /(\d+)-[0-9a-f]{8}$/.exec(space)?.[1] ?? "1";
  assert.equal(isKnownDead(`${host}/${GONE}/${space}`), process.platform === "linux");
  assert.equal(isKnownDead(`${host}/${GONE}/0123456789ab.${namespace}-00000000`), false);
  assert.equal(isKnownDead(`${host}/${GONE}/${namespace}-00000000`), false, "as written before");
});

test("where the system tells no boot, nobody is known to be dead", (t) => {
  const { readFileSync } = fs;
  t.mock.method(fs, "readFileSync", ((path: string, ...rest: never[]) => {
    if (path === BOOT_ID) throw new Error("ENOENT");
    return readFileSync(path, ...rest);
  }) as typeof readFileSync);
  const mine = holderIdentity();
  assert.match(mine, /\/unknown-[0-9a-f]{8}$/);
  assert.equal(mine.startsWith(`${hostname()}/${process.pid}/`), true);
  assert.equal(isKnownDead(mine.replace(`/${process.pid}/`, `/${GONE}/`)), false);
});
