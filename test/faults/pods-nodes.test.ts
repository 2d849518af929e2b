import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject, Pod } from "../../sandbox/node-agent/kube/types";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually, isReady } from "../e2e/support/cluster";
import { Hands } from "./support/hands";
import { fault } from "./support/fault";
import { assertKept } from "./support/kept";
import { Upgrades } from "./support/upgrades";

// Hosts that are drained, and hosts that stand still, under an upgrade.
let bench: Bench;
let scenario: Scenario;
let hands: Hands;
let upgrades: Upgrades;

before(async () => {
  // Kubernetes waits 50 s before it calls a silent host NotReady.
  process.env.SANDBOX_NODE_GRACE_SECONDS = "20";
  bench = await Bench.open();
  scenario = await bench.scenario("pods-nodes", {
    connEvictRate: 10,
    sessEvictRate: 50,
    waitTakeover: 3,
  });
  hands = new Hands(bench, scenario);
  upgrades = new Upgrades(hands, [80, 20], ["6.0.2", "6.0.3", "6.1.0", "6.1.1", "6.2.0"]);
  await scenario.stack.up();
});
after(() => bench?.close());

interface Budget extends KubeObject {
  status?: { disruptionsAllowed?: number; expectedPods?: number };
}

async function nodeOf(revision: string | null, index: number): Promise<[string, Pod]> {
  const pod = (await hands.podsOf(revision)).at(index);
  assert.ok(pod?.spec.nodeName, `a pod of ${revision} on a node`);
  return [pod.spec.nodeName, pod];
}

fault(
  {
    id: "pod-node-drained-early",
    title: "while green comes up the budget spares blue: a drained host waits for the new nodes",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    let refusals = 0;
    let expected: number | undefined;
    const nodes = await hands.nodes();
    // Green finds no place until the drain has been refused.
    for (const node of nodes) await hands.cordon(node, true);
    const { report } = await upgrades.run(course, {
      phase: "WaitGreen",
      strike: async ({ from }) => {
        const [node, pod] = await nodeOf(from, -1);
        held = await hands.sessionsOn(pod);
        const budget = await hands.get<Budget>("poddisruptionbudgets", "emqx-core");
        expected = budget.status?.expectedPods;
        const others = sleep(3_000).then(async () => {
          for (const other of nodes) if (other !== node) await hands.cordon(other, false);
        });
        const drained = await hands.drain(node);
        refusals = drained.refusals;
        await others;
        await hands.cordon(node, false);
      },
    });
    assert.equal(expected, 6, "the budget counts both colours");
    assert.ok(refusals > 0, "blue was not evicted while green was not ready");
    assertKept(report, { sessions: held, cuts: 2 });
  },
);

fault(
  {
    id: "pod-node-drained-evacuating",
    title: "a host drained during the evacuation takes one pod at a time, and the upgrade goes on",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ from, to }) => {
        const [blue, leaving] = await nodeOf(from, 0);
        const [green, staying] = await nodeOf(to, 0);
        held = (await hands.sessionsOn(leaving)) + (await hands.sessionsOn(staying));
        for (const node of new Set([blue, green])) {
          await hands.drain(node);
          await hands.cordon(node, false);
        }
      },
    });
    assertKept(report, { sessions: held, cuts: 3 });
  },
);

fault(
  {
    id: "pod-green-node-hung",
    title: "while the host of a green pod stands still nothing more is evacuated; then it goes on",
    deadlineSeconds: 300,
  },
  async (course) => {
    const { report, output } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ to }) => {
        const [node, pod] = await nodeOf(to, -1);
        await hands.hang(node, true);
        try {
          const lost = await eventually(
            () => hands.get<Pod>("pods", pod.metadata.name),
            (seen) => !isReady(seen),
            90,
          );
          assert.ok(!isReady(lost), "Kubernetes has noticed");
          await sleep(5_000);
        } finally {
          await hands.hang(node, false);
        }
      },
    });
    assertKept(report, { cuts: 3 });
    assert.match(output, /2\/3 green nodes ready/);
  },
);

fault(
  {
    id: "pod-blue-node-hung",
    title: "a blue host that stands still does not keep the others from being drained",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = [-1];
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ from }) => {
        const [node, pod] = await nodeOf(from, 0);
        await hands.hang(node, true);
        try {
          const pods = await hands.podsOf(from);
          const others = pods.filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
          held = await eventually(
            () => Promise.all(others.map((other) => hands.sessionsOn(other))),
            (counts) => counts.every((count) => count === 0),
            150,
          );
        } finally {
          await hands.hang(node, false);
        }
      },
    });
    assert.deepEqual(held, [0, 0], "every other blue pod was drained meanwhile");
    assertKept(report, { cuts: 3 });
  },
);
