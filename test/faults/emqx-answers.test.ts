import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Garbage } from "../../sandbox/emqx/switches/answers";
import { brokenInvariants } from "../e2e/support/faults";
import { assertGraceful } from "../e2e/support/graceful";
import { API } from "./support/emqx-faults";
import { EmqxBed, onRevision, type Scene } from "./support/emqx-bed";
import { fault } from "./support/fault";

// EMQX answers what it should not; clients and the API server are as always.
let bed: EmqxBed;
before(async () => {
  bed = await EmqxBed.open("emqx-answers");
});
after(() => bed?.close());

const begun = (scene: Scene): boolean => onRevision(scene, scene.to) > 10;

fault(
  {
    id: "emqx-404",
    title: "nodes that deny for 10 s to know evacuation are not cut, and the drain goes on",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      when: begun,
      strike: async (scene) => {
        const path = "/load_rebalance/(global_)?status$";
        await bed.faults.answers(scene.blue, { path, method: "GET", status: 404, seconds: 10 });
        injected();
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);

fault(
  {
    id: "emqx-500-though-started",
    title: "a start that answers 500 though it began is not begun twice, and the drain goes on",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Promote",
      strike: async (scene) => {
        await bed.faults.set(scene.blue, { faults: ["start-500-though-started"] });
        injected();
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);

fault(
  {
    id: "emqx-503",
    title: "nodes that answer 503 to everything for 10 s are waited for",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      when: begun,
      strike: async () => {
        await bed.faults.answers(() => true, { path: API, status: 503, seconds: 10 });
        injected();
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);

fault(
  {
    id: "emqx-slow",
    title: "answers that take a second and a half each slow the upgrade down and nothing else",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Promote",
      strike: async () => {
        await bed.faults.answers(() => true, { path: API, delaySeconds: 1.5 });
        injected();
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);

fault(
  {
    id: "emqx-garbage",
    title: "garbage of every kind is taken for silence, never for a node without clients",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const kinds: Garbage[] = ["html", "cut", "types", "null", "empty"];
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      when: begun,
      strike: async () => {
        injected();
        for (const garbage of kinds) {
          await bed.faults.answers(() => true, { path: API, method: "GET", garbage });
          await sleep(3000);
        }
        await bed.faults.clear();
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);

fault(
  {
    id: "emqx-silent",
    title: "a node whose API says nothing for 15 s is waited for while others go on",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report, result } = await bed.upgrade({
      phase: "Evacuate",
      strike: async (scene) => {
        const [first] = await bed.blue(scene);
        const name = first?.metadata.name;
        await bed.faults.answers((pod) => pod.metadata.name === name, {
          path: API,
          silent: true,
          seconds: 15,
        });
        injected();
      },
    });
    handled();
    assert.equal(result.code, 0);
    assertGraceful(report, brokenInvariants(report));
  },
);
