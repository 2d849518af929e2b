import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pod } from "../../sandbox/node-agent/kube/types";
import { eventually } from "../e2e/support/cluster";
import { brokenInvariants } from "../e2e/support/faults";
import { assertGraceful } from "../e2e/support/graceful";
import { EmqxBed, onRevision, type Scene } from "./support/emqx-bed";
import { fault } from "./support/fault";

// Somebody else works on EMQX's evacuations, or EMQX itself tells less than usual.
let bed: EmqxBed;
before(async () => {
  bed = await EmqxBed.open("emqx-evacuation");
});
after(() => bed?.close());

const begun = (scene: Scene): boolean => onRevision(scene, scene.to) > 10;
const nodeOf = ({ metadata }: Pod): string =>
  `emqx@${metadata.name}.emqx-headless.default.svc.cluster.local`;

const post = (pod: Pod, what: "start" | "stop", body?: object): Promise<unknown> =>
  bed.bench.emqx(bed.scenario.watched, pod, `/load_rebalance/${nodeOf(pod)}/evacuation/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });

/** Blue nodes whose evacuation is in one of the states. */
async function blueIn(scene: Scene, states: string[]): Promise<Pod[]> {
  const pods = await bed.blue(scene);
  const found = await Promise.all(pods.map((pod) => bed.stateOf(pod).catch(() => "")));
  return pods.filter((_pod, index) => states.includes(found[index] ?? ""));
}

fault(
  {
    id: "emqx-evacuation-stopped",
    title: "an evacuation that somebody stops is started again",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      when: async (scene) => (await blueIn(scene, ["evicting_conns"])).length > 0,
      strike: async (scene) => {
        const [pod] = await blueIn(scene, ["evicting_conns", "waiting_takeover"]);
        assert.ok(pod);
        injected();
        await post(pod, "stop");
      },
    });
    handled();
    assert.deepEqual(
      [report.sessionsLost, report.qos1Lost, report.blueObjectsLeft, report.evacuationsLeft],
      [0, 0, [], []],
    );
  },
);

fault(
  {
    id: "emqx-evacuation-other-rates",
    title: "an evacuation that somebody started with other rates is replaced by ours",
    deadlineSeconds: 180,
  },
  async ({ t, injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Promote",
      strike: async (scene) => {
        const [pod] = await bed.blue(scene);
        assert.ok(pod);
        injected();
        await post(pod, "start", { wait_health_check: 0, conn_evict_rate: 1, sess_evict_rate: 1 });
      },
    });
    handled();
    t.diagnostic(`took ${report.upgradeSeconds} s`);
    assert.deepEqual(
      [report.sessionsLost, report.qos1Lost, report.blueObjectsLeft, report.evacuationsLeft],
      [0, 0, [], []],
    );
  },
);

fault(
  {
    id: "emqx-evacuation-of-staying",
    title: "an evacuation that somebody starts on a node that stays is stopped",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      when: begun,
      strike: async (scene) => {
        const [green] = await bed.faults.pods(scene.green);
        assert.ok(green);
        injected();
        await post(green, "start", { wait_health_check: 60 });
        const ended = await eventually(
          () => bed.stateOf(green),
          (state) => state === "disabled",
          50,
        );
        handled();
        assert.equal(ended, "disabled");
      },
    });
    assert.deepEqual([report.sessionsLost, report.qos1Lost, report.evacuationsLeft], [0, 0, []]);
  },
);

fault(
  {
    id: "emqx-rebalance",
    title: "a rebalance stops the preflight, and one in the middle is waited for",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    await bed.faults.set(() => true, { faults: ["busy-agent"] });
    await bed.scenario.setImage("emqx/emqx:6.2.9");
    injected();
    const refused = await bed.scenario.stack.startUp().result;
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /EMQX_PREFLIGHT_FAILED[\s\S]*rebalance on emqx@/);
    await bed.faults.clear();
    const { report } = await bed.upgrade({
      phase: "Promote",
      strike: async (scene) => {
        await bed.faults.set(scene.blue, { faults: ["busy-agent"] });
        await sleep(10_000);
        assert.equal((await bed.blue(scene)).length, 3, "no node goes while a rebalance runs");
        await bed.faults.clear();
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);

for (const [id, title, switched] of [
  [
    "emqx-durable-sessions",
    "without `prohibiting` an empty node counts as drained",
    "durable-sessions",
  ],
  [
    "emqx-global-status",
    "a node missing from global_status is no drained one",
    "missing-from-global-status",
  ],
] as const) {
  fault({ id, title, deadlineSeconds: 180 }, async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Promote",
      strike: async (scene) => {
        injected();
        await bed.faults.set(scene.blue, { faults: [switched] });
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  });
}

fault(
  {
    id: "emqx-start-stop-lost",
    title: "starts and stops that EMQX answers and forgets are repeated until they work",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Promote",
      strike: async (scene) => {
        injected();
        await bed.faults.set(scene.blue, { faults: ["start-lost", "stop-lost"] });
        await sleep(8_000);
        await bed.faults.clear();
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);
