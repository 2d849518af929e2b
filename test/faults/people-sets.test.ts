import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject, Pod } from "../../sandbox/node-agent/kube/types";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually } from "../e2e/support/cluster";
import { fault } from "./support/fault";
import { Hands } from "./support/hands";
import { assertKept } from "./support/kept";
import { Upgrades } from "./support/upgrades";

// What people do to the StatefulSets and ConfigMaps of an upgrade under way.
let bench: Bench;
let scenario: Scenario;
let hands: Hands;
let upgrades: Upgrades;

interface Workload extends KubeObject {
  spec: { replicas: number };
}

before(async () => {
  process.env.SANDBOX_BACKOFF_MS = "2000";
  bench = await Bench.open();
  scenario = await bench.scenario("people-sets", {
    connEvictRate: 10,
    sessEvictRate: 50,
    spec: { updateStrategy: { progressDeadlineSeconds: 120 } },
  });
  hands = new Hands(bench, scenario);
  const versions = ["6.0.2", "6.0.3", "6.1.0", "6.1.1", "6.2.0", "6.2.1", "6.3.0", "6.3.1"];
  upgrades = new Upgrades(hands, [80, 20], versions);
  await scenario.stack.up();
});
after(() => bench?.close());

const setOf = (revision: string | null): string => `emqx-core-${revision}`;

const scale = (revision: string | null, replicas: number) =>
  hands.patch("statefulsets", setOf(revision), { spec: { replicas } });

async function sessionsOf(revision: string | null, ordinals: number[]): Promise<number> {
  const pods = await hands.podsOf(revision);
  const counts = ordinals.map((ordinal) => {
    const pod = pods[ordinal];
    return pod ? hands.sessionsOn(pod) : 0;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** How many of the pods have nobody left to lose. */
async function drainedOf(pods: Pod[]): Promise<number> {
  const states = await Promise.all(
    pods.map(async (pod) => {
      const told = bench.emqx(scenario.watched, pod, "/load_rebalance/status");
      return (await told.catch(() => undefined)) as { state?: string } | undefined;
    }),
  );
  return states.filter((told) => told?.state === "prohibiting").length;
}

fault(
  {
    id: "people-blue-scaled",
    title:
      "when somebody scales blue in, its last pods take their sessions along and the rest is moved",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    const { report } = await upgrades.run(course, {
      phase: "WaitGreen",
      strike: async ({ from }) => {
        held = await sessionsOf(from, [1, 2]);
        await scale(from, 1);
      },
    });
    assertKept(report, { sessions: held, cuts: 2 });
  },
);

fault(
  {
    id: "people-blue-deleted",
    title:
      "when somebody deletes blue's StatefulSet its sessions are gone, and green serves at once",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ from }) => {
        held = await sessionsOf(from, [0, 1, 2]);
        await hands.remove("statefulsets", setOf(from), { propagationPolicy: "Background" });
      },
    });
    assertKept(report, { sessions: held, cuts: 2 });
  },
);

fault(
  {
    id: "people-blue-orphaned",
    title:
      "blue's pods whose StatefulSet somebody deletes from under them are drained; people delete them",
    deadlineSeconds: 300,
  },
  async (course) => {
    const { report, output } = await upgrades.run(course, {
      phase: "WaitGreen",
      strike: async ({ from }) => {
        await hands.remove("statefulsets", setOf(from), { propagationPolicy: "Orphan" });
        const pods = await hands.podsOf(from);
        const drained = await eventually(
          () => drainedOf(pods),
          (count) => count === 3,
          180,
        );
        assert.equal(drained, 3, "the orphans are drained");
        await sleep(5_000);
        for (const pod of pods) await hands.remove("pods", pod.metadata.name);
        // Kubernetes' own, which went with no set either.
        for (const { metadata } of await hands.list<KubeObject>("controllerrevisions")) {
          if (metadata.name.startsWith(setOf(from))) {
            await hands.remove("controllerrevisions", metadata.name);
          }
        }
      },
    });
    assertKept(report);
    assert.match(output, /somebody to delete emqx-core-/);
  },
);

for (const [replicas, what] of [
  [1, "in"],
  [5, "out"],
] as const) {
  fault(
    {
      id: `people-green-scaled-${what}`,
      title: `when somebody scales green ${what} before the switch, it gets the number that is wanted`,
      deadlineSeconds: 300,
    },
    async (course) => {
      const { report } = await upgrades.run(course, {
        phase: "WaitGreen",
        strike: ({ to }) => scale(to, replicas),
      });
      assertKept(report, { cuts: replicas === 5 ? 2 : 1 });
      const { metadata } = (await bench.sets(scenario.watched))[0] ?? {};
      const { spec } = await hands.get<Workload>("statefulsets", metadata?.name ?? "");
      assert.equal(spec.replicas, 3);
    },
  );
}

fault(
  {
    id: "people-green-deleted",
    title:
      "a green StatefulSet that somebody deletes before the switch, with its ConfigMap, is made again",
    deadlineSeconds: 300,
  },
  async (course) => {
    const { report } = await upgrades.run(course, {
      phase: "WaitGreen",
      strike: async ({ to }) => {
        await hands.remove("statefulsets", setOf(to), { propagationPolicy: "Background" });
        await hands.remove("configmaps", `emqx-config-${to}`);
      },
    });
    assertKept(report);
  },
);

fault(
  {
    id: "people-configmap-deleted",
    title:
      "a ConfigMap that somebody deletes under running pods is there again when the upgrade ends",
    deadlineSeconds: 300,
  },
  async (course) => {
    let name = "";
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ to }) => {
        name = `emqx-config-${to}`;
        await hands.remove("configmaps", name);
      },
    });
    assertKept(report);
    assert.ok(await hands.find("configmaps", name), "green's pods can start again");
  },
);

fault(
  {
    id: "people-configmap-edited",
    title: "a ConfigMap that somebody edits is as declared again when the upgrade ends",
    deadlineSeconds: 300,
  },
  async (course) => {
    let name = "";
    let data: Record<string, string> | undefined;
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ to }) => {
        name = `emqx-config-${to}`;
        const map = await hands.get<KubeObject & { data: Record<string, string> }>(
          "configmaps",
          name,
        );
        data = map.data;
        const key = Object.keys(data)[0] ?? "";
        await hands.patch("configmaps", name, { data: { [key]: "nonsense {" } });
      },
    });
    assertKept(report);
    const after = await eventually(
      () => hands.get<KubeObject & { data: Record<string, string> }>("configmaps", name),
      (map) => map.data["emqx.conf"] === data?.["emqx.conf"],
      5,
    );
    assert.deepEqual(after.data, data);
  },
);
