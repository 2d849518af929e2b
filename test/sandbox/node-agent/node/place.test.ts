import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../../../sandbox/node-agent/kube/types";
import type { Placed } from "../../../../sandbox/node-agent/node/anti-affinity";
import { NODES } from "../../../../sandbox/node-agent/node/nodes";
import { place } from "../../../../sandbox/node-agent/node/place";
import { makePod } from "../fixtures/objects";

const capacity = { cpu: 4, memory: 2 ** 33, pods: 10 };
const three = NODES.slice(0, 3);
const HOST = "kubernetes.io/hostname";
const term = {
  labelSelector: {
    matchLabels: { app: "emqx" },
    matchExpressions: [{ key: "emqx.io/revision", operator: "In", values: ["abc"] }],
  },
  topologyKey: HOST,
};
const required: Pod["spec"]["affinity"] = {
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
};
const preferred: Pod["spec"]["affinity"] = {
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
  },
};

/** Places pods one after another; names of their nodes, or the reason. */
function placeAll(pods: Pod[], nodes = three, present: Placed[] = []): string[] {
  return pods.map((pod) => {
    const found = place(pod, present, nodes, capacity);
    if ("reason" in found) return found.reason;
    present.push({ pod, node: found.node });
    return found.node.name;
  });
}

const pods = (count: number, spec: Partial<Pod["spec"]>): Pod[] =>
  Array.from({ length: count }, () => makePod({}, spec));

test("pods without wishes are spread over the nodes", () => {
  assert.equal(new Set(placeAll(pods(3, {}))).size, 3);
});

test("a required anti-affinity leaves the fourth pod on three nodes waiting, and says why", () => {
  const names = placeAll(pods(4, { affinity: required }));
  assert.equal(new Set(names.slice(0, 3)).size, 3);
  assert.match(
    names[3] ?? "",
    /^0\/3 nodes are available: 3 node\(s\) didn't match pod anti-affinity rules\. preemption: /,
  );
});

test("a required anti-affinity holds against pods that have none themselves, and the other way", () => {
  const [strict] = pods(1, { affinity: required });
  const [easy] = pods(1, {});
  assert.ok(strict && easy);
  const [only] = three;
  assert.ok(only);
  for (const [first, second] of [
    [strict, easy],
    [easy, strict],
  ] as const) {
    assert.match(placeAll([first, second], [only])[1] ?? "", /anti-affinity/);
  }
});

test("another revision, another namespace and a pod that is over do not keep a pod away", () => {
  const [only] = three;
  assert.ok(only);
  const strict = makePod({}, { affinity: required });
  const other = makePod();
  other.metadata.labels = { app: "emqx", "emqx.io/revision": "def" };
  const elsewhere = makePod();
  elsewhere.metadata.namespace = "other";
  const over = { ...makePod(), status: { phase: "Failed" } };
  const present = [other, elsewhere, over].map((pod) => ({ pod, node: only }));
  assert.deepEqual(placeAll([strict], [only], present), [only.name]);
});

test("a preferred anti-affinity spreads pods, but lets them share a node when it must", () => {
  const names = placeAll(pods(5, { affinity: preferred }));
  assert.equal(new Set(names.slice(0, 3)).size, 3);
  assert.deepEqual([...new Set(names)].sort(), three.map(({ name }) => name).sort());
});

test("two colours of three pods fit even when the anti-affinity does not tell colours apart", () => {
  assert.equal(new Set(placeAll(pods(6, { affinity: required }), [...NODES])).size, 6);
});

test("a spread constraint keeps zones within its skew", () => {
  const spread = (whenUnsatisfiable: string) => ({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable,
        labelSelector: { matchLabels: { app: "emqx" } },
        matchLabelKeys: ["emqx.io/revision"],
      },
    ],
  });
  const zoneOf = (name: string): string =>
    NODES.find((node) => node.name === name)?.labels["topology.kubernetes.io/zone"] ?? "";
  const strict = { ...spread("DoNotSchedule") };
  const zones = placeAll(pods(6, strict), [...NODES]).map(zoneOf);
  for (const zone of new Set(zones)) assert.equal(zones.filter((z) => z === zone).length, 2);
  // All of zone a is full: only the soft constraint lets the pod go where it makes zones uneven.
  const full = NODES.filter(({ name }) => zoneOf(name) !== "sandbox-a");
  const present = full
    .slice(0, 2)
    .map((node) => ({ pod: makePod({}, strict), node }) satisfies Placed);
  const big = { resources: { requests: { cpu: "3" } } };
  const stuffed = NODES.filter(({ name }) => zoneOf(name) === "sandbox-a").map((node) => {
    const filler = makePod(big);
    filler.metadata.labels = {};
    return { pod: filler, node };
  });
  const wish = (how: string) =>
    placeAll([makePod(big, spread(how))], [...NODES], [...present, ...stuffed])[0] ?? "";
  assert.match(wish("DoNotSchedule"), /didn't match pod topology spread constraints/);
  assert.match(wish("DoNotSchedule"), /2 Insufficient cpu/);
  assert.match(wish("ScheduleAnyway"), /^sandbox-node/);
});

test("a node selector that no node matches is named", () => {
  assert.match(
    placeAll(pods(1, { nodeSelector: { disk: "ssd" } }))[0] ?? "",
    /^0\/3 nodes are available: 3 node\(s\) didn't match Pod's node affinity\/selector\./,
  );
  const second = { [HOST]: three[1]?.name ?? "" };
  assert.deepEqual(placeAll(pods(1, { nodeSelector: second })), [three[1]?.name]);
});
