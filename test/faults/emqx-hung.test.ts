import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../e2e/support/cluster";
import { brokenInvariants } from "../e2e/support/faults";
import { assertGraceful } from "../e2e/support/graceful";
import { EmqxBed, onRevision, type Scene } from "./support/emqx-bed";
import { fault } from "./support/fault";

// Hosts that hang: calls about other nodes would hang with them, if any went through them.
const FROZEN_SECONDS = 15;
let bed: EmqxBed;
before(async () => {
  // Kubernetes' own cure for a container that hangs is to restart it, without its sessions.
  const patient = { httpGet: { path: "/status", port: 18083 }, failureThreshold: 20 };
  bed = await EmqxBed.open("emqx-hung", {
    spec: { coreTemplate: { spec: { livenessProbe: patient } } },
  });
});
after(() => bed?.close());

const begun = (scene: Scene): boolean => onRevision(scene, scene.to) > 10;

async function freezeFor(pod: string, meanwhile?: () => Promise<void>): Promise<void> {
  bed.faults.freeze(pod);
  try {
    await (meanwhile?.() ?? sleep(FROZEN_SECONDS * 1000));
  } finally {
    bed.faults.thaw(pod);
  }
}

fault(
  {
    id: "emqx-hung-blue",
    title: "while one blue host hangs the others are drained, and kept for what it still routes",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      strike: async (scene) => {
        // The lowest ordinal leaves last: the others' turn comes while it hangs.
        const [frozen, ...others] = await bed.blue(scene);
        injected();
        await freezeFor(frozen?.metadata.name ?? "", async () => {
          const states = await eventually(
            () => Promise.all(others.map((pod) => bed.stateOf(pod))),
            (all) => all.every((state) => state === "prohibiting"),
            100,
          );
          assert.deepEqual(states, ["prohibiting", "prohibiting"]);
          await sleep(3_000);
          assert.equal((await bed.blue(scene)).length, 3, "it may route to them when it is back");
        });
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);

fault(
  {
    id: "emqx-hung-green",
    title: "while a green host hangs nobody is evicted into it and nothing is lost",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      when: begun,
      strike: async (scene) => {
        const [green] = await bed.faults.pods(scene.green);
        injected();
        await freezeFor(green?.metadata.name ?? "");
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
    id: "emqx-hung-recipient",
    title: "a recipient that hangs while sessions are moved to it holds the move up and loses none",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      offline: 60,
      when: async (scene) => {
        const states = (await bed.blue(scene)).map((pod) => bed.stateOf(pod).catch(() => ""));
        return (await Promise.all(states)).includes("waiting_takeover");
      },
      strike: async (scene) => {
        const [green] = await bed.faults.pods(scene.green);
        injected();
        await freezeFor(green?.metadata.name ?? "");
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
    id: "emqx-stopped-node",
    title: "a node that stopped long ago is made to leave EMQX's cluster, and is no obstacle",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const gone = "emqx@emqx-core-gone-0.emqx-headless.default.svc.cluster.local";
    await bed.faults.set(() => true, { stoppedNodes: [gone] });
    injected();
    const { report } = await bed.upgrade({ phase: "Evacuate", strike: () => Promise.resolve() });
    handled();
    assertGraceful(report, brokenInvariants(report));
    assert.ok(!report.clusterNodes.some(({ node }) => node === gone));
  },
);
