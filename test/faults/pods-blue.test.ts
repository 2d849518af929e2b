import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Pod } from "../../sandbox/node-agent/kube/types";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually } from "../e2e/support/cluster";
import type { RolloutAt } from "../e2e/support/faults";
import { Hands } from "./support/hands";
import { fault } from "./support/fault";
import { assertKept } from "./support/kept";
import { Upgrades } from "./support/upgrades";

// Pods that die in the middle of an upgrade. What a node of EMQX holds in memory goes with it; what
// is asked here is that the upgrade ends well and that nobody else loses anything.
const IMAGES = ["6.0.2", "6.0.3", "6.1.0", "6.1.1", "6.2.0", "6.2.1", "6.3.0"];
let bench: Bench;
let scenario: Scenario;
let hands: Hands;
let upgrades: Upgrades;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("pods-blue", {
    connEvictRate: 10,
    sessEvictRate: 50,
    waitTakeover: 3,
  });
  hands = new Hands(bench, scenario);
  upgrades = new Upgrades(hands, [80, 20], IMAGES);
  await scenario.stack.up();
});
after(() => bench?.close());

/** The blue pod whose own evacuation runs, once EMQX says so. */
async function evacuating({ from }: RolloutAt): Promise<Pod> {
  const found = await eventually(
    async () => {
      for (const pod of (await hands.podsOf(from)).reverse()) {
        const told = (await bench.emqx(scenario.watched, pod, "/load_rebalance/status")) as {
          status?: string;
          state?: string;
        };
        if (told.status === "enabled" && told.state !== "prohibiting") return pod;
      }
      return undefined;
    },
    (pod) => pod !== undefined,
    30,
  );
  assert.ok(found, "a blue node is being evacuated");
  return found;
}

const last = async (revision: string | null): Promise<Pod> => {
  const pod = (await hands.podsOf(revision)).at(-1);
  assert.ok(pod, `a pod of ${revision}`);
  return pod;
};

fault(
  {
    id: "pod-blue-lost-before",
    title: "a blue pod that is lost before its evacuation takes its own sessions only",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    const { report } = await upgrades.run(course, {
      phase: ["CreateGreen", "WaitGreen"],
      strike: async ({ from }) => {
        const pod = await last(from);
        held = await hands.sessionsOn(pod);
        await hands.destroyPod(pod);
      },
    });
    assert.ok(held > 0);
    assertKept(report, { sessions: held, cuts: 2 });
  },
);

fault(
  {
    id: "pod-blue-lost-during",
    title: "a blue pod that is lost during its own evacuation takes what was left on it only",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async (rollout) => {
        const pod = await evacuating(rollout);
        held = await hands.sessionsOn(pod);
        await hands.destroyPod(pod);
      },
    });
    assertKept(report, { sessions: held, cuts: 2 });
  },
);

fault(
  {
    id: "pod-blue-restarted-keeps",
    title:
      "a container that restarts during its own evacuation goes on with it, and is given its targets again",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    let recipients: string[][] = [];
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async (rollout) => {
        const pod = await evacuating(rollout);
        held = await hands.sessionsOn(pod);
        hands.crash(pod);
        recipients = await recipientsAfter(rollout, pod);
      },
    });
    assertKept(report, { sessions: held, cuts: 2 });
    // EMQX itself goes on to everybody (trap 4); in the end it knows of green only, or is done.
    const blue = (recipients.at(-1) ?? []).filter((node) => node.includes(report.sets.blue));
    assert.deepEqual(blue, [], JSON.stringify(recipients));
  },
);

/** Targets of a node's evacuation as it tells them after a restart, until blue is not among them. */
async function recipientsAfter({ to }: RolloutAt, pod: Pod): Promise<string[][]> {
  const seen: string[][] = [];
  await eventually(
    async () => {
      const status = (await bench
        .emqx(scenario.watched, pod, "/load_rebalance/status")
        .catch(() => undefined)) as { status?: string; session_recipients?: string[] } | undefined;
      if (!status) return false;
      seen.push(status.session_recipients ?? []);
      const done = status.status !== "enabled" && seen.length > 1;
      return done || (seen.at(-1) ?? []).every((node) => node.includes(`-${to}-`));
    },
    (good) => good,
    20,
  );
  return seen;
}

fault(
  {
    id: "pod-blue-restarted-forgets",
    title:
      "a blue pod that is deleted during its own evacuation comes back without it, and is given up",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async (rollout) => {
        const pod = await evacuating(rollout);
        held = await hands.sessionsOn(pod);
        await hands.remove("pods", pod.metadata.name);
      },
    });
    assertKept(report, { sessions: held, cuts: 2 });
  },
);

fault(
  {
    id: "pod-stuck-terminating",
    title: "a blue pod that does not end is waited for, and said to be",
    deadlineSeconds: 300,
  },
  async (course) => {
    let name = "";
    const { report, output } = await upgrades.run(course, {
      phase: "WaitGreen",
      strike: async ({ from }) => {
        name = (await last(from)).metadata.name;
        await hands.patch("pods", name, { metadata: { finalizers: ["example.com/keep"] } });
        const stuck = await eventually(
          () => hands.find<Pod>("pods", name),
          (pod) => pod?.metadata.deletionTimestamp !== undefined,
          90,
        );
        assert.ok(stuck?.metadata.deletionTimestamp, "it was told to end");
        await new Promise((resolve) => setTimeout(resolve, 6_000));
        await hands.patch("pods", name, { metadata: { finalizers: null } });
      },
    });
    assertKept(report);
    assert.match(output, /blue pods to end/);
  },
);

fault(
  {
    id: "pod-green-lost",
    title: "while a lost green pod is replaced nothing is evacuated, and then it goes on",
    deadlineSeconds: 300,
  },
  async (course) => {
    let held = 0;
    const { report, output } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ to }) => {
        const pod = await last(to);
        held = await hands.sessionsOn(pod);
        await hands.destroyPod(pod);
      },
    });
    assertKept(report, { sessions: held, cuts: 2 });
    assert.match(output, /2\/3 green nodes ready/);
  },
);
