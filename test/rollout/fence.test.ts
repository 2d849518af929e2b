import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isEmqxError } from "../../components/errors";
import { KubernetesClient } from "../../components/kubernetes/client";
import { LeaseFence } from "../../components/rollout/fence";
import { holderIdentity, isKnownDead } from "../../components/rollout/holder";
import { eventually } from "../e2e/support/cluster";
import { failure, FakeApi } from "../kubernetes/fake-api";
import { site } from "./io-fixtures";

let api: FakeApi;
let kube: KubernetesClient;
let now = 0;
let lines: string[] = [];
let onSleep = () => {};
let engineGone = false;
/** How far the machine's own clock is ahead of the one that people set. */
let setBack = 0;
const clock = {
  now: () => now,
  sleep: async (milliseconds: number) => {
    now += milliseconds;
    onSleep();
  },
};
const sink = { status: (line: string) => lines.push(line) };
const runner = { gone: async () => engineGone, monotonic: () => now + setBack };
const fences: LeaseFence[] = [];
function fence(): LeaseFence {
  const made = new LeaseFence(site, kube, clock, sink, runner);
  fences.push(made);
  return made;
}
const lease = () => api.objects.get("leases/c-rollout")?.spec as Record<string, unknown>;

before(async () => {
  api = await new FakeApi().start();
  const patience = { totalMs: 100, firstPauseMs: 5, maxPauseMs: 20 };
  kube = await KubernetesClient.open({ kubeconfig: api.kubeconfig }, patience);
});
beforeEach(() => {
  // A heartbeat of an earlier test would write into this one.
  for (const earlier of fences.splice(0)) earlier.forget();
  api.objects.clear();
  api.requests.length = 0;
  api.intercept = undefined;
  now = Date.parse("2026-11-21T00:00:00Z");
  lines = [];
  onSleep = () => {};
  engineGone = false;
  setBack = 0;
});
after(async () => {
  await kube.close();
  await api.stop();
});

const fenced = (error: unknown): boolean => {
  assert.ok(isEmqxError(error), String(error));
  assert.equal(error.code, "EMQX_ROLLOUT_FENCED");
  assert.match(error.message, /other\/1\/x .*since 2026-11-20T22:00:00/);
  return true;
};

const heldByOther = () =>
  api.put("leases", {
    kind: "Lease",
    metadata: { name: "c-rollout" },
    spec: {
      holderIdentity: "other/1/x",
      leaseDurationSeconds: 15,
      acquireTime: "2026-11-20T22:00:00.000000Z",
      renewTime: "2026-11-20T23:59:59.000000Z",
      leaseTransitions: 1,
    },
  });

test("a free fence is taken at once, under host, pid and a random part", async () => {
  await fence().acquire();
  assert.ok(String(lease().holderIdentity).startsWith(`${hostname()}/${process.pid}/`));
  assert.equal(lease().leaseDurationSeconds, 15);
  assert.equal(now, Date.parse("2026-11-21T00:00:00Z"), "nothing was waited for");
});

test("a released fence is free for the next one", async () => {
  const first = fence();
  await first.acquire();
  await first.release();
  assert.equal(lease().holderIdentity, "");
  await fence().acquire();
  assert.equal(lease().leaseTransitions, 2);
});

test("it is renewed every five seconds, not at every tick", async () => {
  const ours = fence();
  await ours.acquire();
  api.requests.length = 0;
  for (let i = 0; i < 40; i += 1) {
    now += 250;
    await ours.renew();
  }
  assert.deepEqual(api.writes(), ["PUT leases/c-rollout", "PUT leases/c-rollout"]);
});

test("a holder that stopped renewing is waited for, with a line that names it", async () => {
  heldByOther();
  const start = now;
  await fence().acquire();
  assert.equal(now - start, 15_000);
  assert.match(lines[0]!, /15 s .*other\/1\/x/);
});

test("a holder that goes on renewing keeps the second one out and is named", async () => {
  heldByOther();
  onSleep = () => {
    const spec = lease();
    spec.renewTime = new Date(now).toISOString();
  };
  await assert.rejects(fence().acquire(), fenced);
  assert.equal(lease().holderIdentity, "other/1/x");
});

test("a fence that another one took is noticed at the next renewal", async () => {
  const ours = fence();
  await ours.acquire();
  heldByOther();
  now += 5000;
  await assert.rejects(ours.renew(), fenced);
});

test("a renewal whose answer was lost is not taken for a lost fence", async () => {
  const ours = fence();
  await ours.acquire();
  now += 5000;
  let failures = 1;
  api.intercept = ({ method }) =>
    method === "PUT" && failures-- > 0 ? { status: 503, body: {} } : undefined;
  await ours.renew();
  await ours.renew();
  assert.equal(lease().renewTime, new Date(now).toISOString().replace("Z", "000Z"));
});

test("two that start together do not both get it", async () => {
  const results = await Promise.allSettled([fence().acquire(), kubeTake()]);
  assert.ok(results.some(({ status }) => status === "fulfilled"));
  assert.equal(api.objects.size, 1);
});

async function kubeTake(): Promise<void> {
  const other = fence();
  onSleep = () => {};
  await other.acquire();
  await other.release();
}

test("a holder on this machine whose process is gone need not be waited for", async () => {
  const child = spawnSync(process.execPath, ["-e", ""]);
  const mine = holderIdentity();
  const dead = mine.replace(`/${process.pid}/`, `/${child.pid}/`);
  assert.equal(isKnownDead(mine), false);
  assert.equal(isKnownDead(dead), process.platform === "linux");
  assert.equal(isKnownDead(`elsewhere/${child.pid}/1-00000000`), false);
  assert.equal(isKnownDead("other/1/x"), false);
});

test("what a run that died here has left held is given back, what others hold is not", async () => {
  const child = spawnSync(process.execPath, ["-e", ""]);
  await fence().acquire();
  const alive = lease().holderIdentity as string;
  const writes = api.writes().length;
  for (const holder of [alive, "elsewhere/7/1-00000000", ""]) {
    lease().holderIdentity = holder;
    await fence().tidy();
    assert.equal(lease().holderIdentity, holder);
  }
  assert.equal(api.writes().length, writes);
  if (process.platform !== "linux") return;
  lease().holderIdentity = alive.replace(`/${process.pid}/`, `/${child.pid}/`);
  await fence().tidy();
  assert.equal(lease().holderIdentity, "");
});

test("the one who holds it is said with the time since when, and nothing of his is changed", async () => {
  heldByOther();
  onSleep = () => {
    lease().renewTime = new Date(now).toISOString();
  };
  await assert.rejects(fence().acquire(), fenced);
  assert.deepEqual(api.writes(), []);
});

test("a run that slept longer than its lease asks before it acts, and is told who has taken over", async () => {
  const ours = fence();
  await ours.acquire();
  heldByOther();
  now += 60_000;
  await assert.rejects(ours.renew(), fenced);
  assert.equal(lease().holderIdentity, "other/1/x");
});

test("a run whose lease was taken and given back while it slept does not go on either", async () => {
  const ours = fence();
  await ours.acquire();
  heldByOther();
  lease().holderIdentity = "";
  now += 60_000;
  await assert.rejects(
    ours.renew(),
    (error) => isEmqxError(error) && /has released it/.test(error.message),
  );
});

test("a run that slept, with nobody taking over, goes on once its lease is written anew", async () => {
  const ours = fence();
  await ours.acquire();
  api.requests.length = 0;
  now += 60_000;
  await ours.renew();
  assert.deepEqual(api.writes(), ["PUT leases/c-rollout"]);
});

test("a clock that was set back makes no old lease young", async () => {
  const ours = fence();
  await ours.acquire();
  heldByOther();
  now -= 3_600_000;
  setBack = 3_600_000 + 20_000;
  await assert.rejects(ours.renew(), fenced);
});

test("with an expired lease nothing is done until a renewal is known to have worked", async () => {
  const ours = fence();
  await ours.acquire();
  now += 20_000;
  let failures = 3;
  api.intercept = ({ method }) =>
    method === "PUT" && failures-- > 0 ? { status: 409, body: {} } : undefined;
  const begun = now;
  await ours.renew();
  assert.equal(now - begun, 3_000, "three refusals, each followed by a second's pause");
});

test("an orphan is told so before it acts, and can still release the lease", async () => {
  const ours = fence();
  await ours.acquire();
  engineGone = true;
  await assert.rejects(
    ours.renew(),
    (error) => isEmqxError(error) && error.code === "EMQX_ROLLOUT_ORPHANED",
  );
  await ours.release();
  assert.equal(lease().holderIdentity, "");
});

test("an orphan takes no lease", async () => {
  engineGone = true;
  await assert.rejects(
    fence().acquire(),
    (error) => isEmqxError(error) && error.code === "EMQX_ROLLOUT_ORPHANED",
  );
  assert.deepEqual(api.writes(), []);
});

test("a run that is busy with one long step goes on renewing by itself, an orphan does not", async () => {
  const ours = fence();
  await ours.acquire();
  api.requests.length = 0;
  now += 5_000;
  const renewed = await eventually(
    async () => api.writes(),
    (writes) => writes.length > 0,
    10,
  );
  assert.deepEqual(renewed, ["PUT leases/c-rollout"]);
  engineGone = true;
  now += 5_000;
  await sleep(2_500);
  assert.deepEqual(api.writes(), renewed);
  ours.forget();
});

test("a Lease that went with its namespace is told as that", async () => {
  const ours = fence();
  await ours.acquire();
  api.objects.clear();
  api.intercept = ({ method }) => {
    if (method !== "POST") return undefined;
    const { status, body } = failure(403, "Forbidden", "unable to create new content");
    return { status, body: { ...body, details: { causes: [{ reason: "NamespaceTerminating" }] } } };
  };
  now += 5000;
  await assert.rejects(ours.renew(), /the namespace is being deleted/);
});
