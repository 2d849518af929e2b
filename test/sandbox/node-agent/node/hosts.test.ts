import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeNode, Taint } from "../../../../sandbox/node-agent/kube/types";
import { Hosts, HUNG_ANNOTATION } from "../../../../sandbox/node-agent/node/hosts";
import { NODES } from "../../../../sandbox/node-agent/node/nodes";
import { place } from "../../../../sandbox/node-agent/node/place";
import { makePod } from "../fixtures/objects";

const node = (spec: KubeNode["spec"], annotations: Record<string, string> = {}): KubeNode => ({
  metadata: { name: "sandbox-node", namespace: "", uid: "n", annotations },
  spec,
});

const NO_SCHEDULE: Taint = { key: "example.com/full", value: "yes", effect: "NoSchedule" };

test("a cordoned node and one with a taint take no new pod, and say why", () => {
  const hosts = new Hosts(() => undefined);
  const pod = makePod({}, {});
  assert.equal(hosts.refusal("sandbox-node", pod), undefined);
  hosts.update(node({ unschedulable: true }));
  assert.equal(hosts.refusal("sandbox-node", pod), "node(s) were unschedulable");
  hosts.update(node({ taints: [NO_SCHEDULE] }));
  assert.equal(hosts.refusal("sandbox-node", pod), "node(s) had untolerated taint(s)");
  hosts.update(node({}));
  assert.equal(hosts.refusal("sandbox-node", pod), undefined);
});

test("a toleration counts by key, value and effect", () => {
  const hosts = new Hosts(() => undefined);
  hosts.update(node({ taints: [NO_SCHEDULE] }));
  const accepts = (toleration: object) =>
    hosts.refusal("sandbox-node", makePod({}, { tolerations: [toleration] })) === undefined;
  assert.ok(accepts({ operator: "Exists" }));
  assert.ok(accepts({ key: "example.com/full", operator: "Exists", effect: "NoSchedule" }));
  assert.ok(accepts({ key: "example.com/full", value: "yes" }));
  assert.ok(!accepts({ key: "example.com/full", value: "no" }));
  assert.ok(!accepts({ key: "example.com/full", operator: "Exists", effect: "NoExecute" }));
});

test("pods go where they may, and a full cluster says why each node refuses", () => {
  const pod = makePod({}, {});
  const capacity = { cpu: 4, memory: 2 ** 33, pods: 10 };
  const [first, second] = NODES;
  assert.ok(first && second);
  const cordoned = (name: string) =>
    place(pod, [], [first, second], capacity, (node) =>
      node === name ? "node(s) were unschedulable" : undefined,
    );
  assert.deepEqual(cordoned(first.name), { node: second });
  const nowhere = place(pod, [], [first, second], capacity, () => "node(s) were unschedulable");
  assert.match("reason" in nowhere ? nowhere.reason : "", /^0\/2 .*: 2 node\(s\) were unsch/);
});

test("a host that hangs is told once, and whoever waits for it goes on when it does", async () => {
  const told: [string, boolean][] = [];
  const hosts = new Hosts((name, hung) => told.push([name, hung]));
  await hosts.awake("sandbox-node");
  hosts.update(node({}, { [HUNG_ANNOTATION]: "true" }));
  hosts.update(node({}, { [HUNG_ANNOTATION]: "true" }));
  let awake = false;
  const waiting = hosts.awake("sandbox-node").then(() => (awake = true));
  await hosts.awake("sandbox-node-2");
  assert.equal(awake, false);
  hosts.update(node({}));
  await waiting;
  assert.deepEqual(told, [
    ["sandbox-node", true],
    ["sandbox-node", false],
  ]);
});
