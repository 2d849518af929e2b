import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../sandbox/node-agent/kube/types";
import { isNotFound } from "../../sandbox/node-agent/kube/client";
import type { Scenario } from "../../sandbox/scenario";
import { Bench } from "../e2e/support/cluster";
import { fault } from "./support/fault";
import { Hands } from "./support/hands";
import { assertKept } from "./support/kept";
import { Upgrades } from "./support/upgrades";

// An autoscaler that writes the number of replicants all the time. It removes pods without asking
// EMQX, so what those hold is gone, and no figure of the upgrade says how much that is.
const SECONDS = 20;
let bench: Bench;
let scenario: Scenario;
let hands: Hands;
let upgrades: Upgrades;

interface Workload extends KubeObject {
  spec: { replicas: number };
}

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("people-autoscaler", {
    replicas: 1,
    replicants: 2,
    connEvictRate: 20,
    sessEvictRate: 50,
  });
  hands = new Hands(bench, scenario);
  upgrades = new Upgrades(hands, [80, 20], ["6.1.0", "6.2.0"]);
  await scenario.stack.up();
});
after(() => bench?.close());

/** Writes 3, 2, 3, ... to a Deployment until the time is up or the Deployment is gone. */
async function autoscale(name: string): Promise<number> {
  const end = Date.now() + SECONDS * 1000;
  let writes = 0;
  for (; Date.now() < end; writes += 1) {
    try {
      await hands.patch("deployments", name, { spec: { replicas: writes % 2 === 0 ? 3 : 2 } });
    } catch (error) {
      if (isNotFound(error)) break;
      throw error;
    }
    await sleep(2_000);
  }
  return writes;
}

for (const ignoreReplicas of [true, false]) {
  const how = ignoreReplicas ? "with" : "without";
  fault(
    {
      id: `people-autoscaler-${ignoreReplicas ? "ignored" : "fought"}`,
      title: `${how} ignoreReplicas an upgrade ends beside an autoscaler that never rests`,
      deadlineSeconds: 300,
    },
    async (course) => {
      await scenario.setSpec({ replicantTemplate: { ignoreReplicas } });
      let writes = 0;
      let scaler: Promise<number> | undefined;
      const { report } = await upgrades.run(course, {
        phase: ["CreateGreen", "WaitGreen"],
        strike: async ({ from }) => {
          const [, replicant] = from?.split("/") ?? [];
          assert.ok(replicant, "replicants serve");
          scaler = autoscale(`emqx-replicant-${replicant}`);
          await Promise.resolve();
        },
      });
      writes = (await scaler) ?? 0;
      assert.ok(writes >= 2, "it was there");
      assertKept(report, { sessions: report.sessionsExpected, cuts: 10 });
      const left = await hands.list<Workload>("deployments");
      assert.equal(left.length, 1);
      if (!ignoreReplicas) assert.equal(left[0]?.spec.replicas, 2);
      assert.equal(report.roles?.replicantWithoutCore, 0);
    },
  );
}
