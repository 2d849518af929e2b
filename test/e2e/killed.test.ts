import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import type { FleetProcess } from "../../sandbox/load/process";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, isReady } from "./support/cluster";
import { brokenInvariants, upKilledDuring, type RolloutAt } from "./support/faults";
import { assertGraceful } from "./support/graceful";

// Three upgrades of one cluster in a row; each is killed once and finished by the next `pulumi up`.
const CLIENTS = 200;
const OFFLINE = 20;
let bench: Bench;
let scenario: Scenario;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("killed", { image: "emqx/emqx:6.0.0", connEvictRate: 30 });
  await scenario.stack.up();
});
after(() => bench?.close());

interface Case {
  phase: string;
  image: string;
  /** What the clients must show as well before the kill. */
  and?: (fleet: FleetProcess, rollout: RolloutAt) => boolean;
}

const cases: Case[] = [
  { phase: "WaitGreen", image: "emqx/emqx:6.0.1" },
  {
    phase: "Evacuate",
    image: "emqx/emqx:6.0.2",
    and: (fleet, { to }) => connectedTo(fleet, to) > CLIENTS / 4,
  },
  { phase: "Retire", image: "emqx/emqx:6.1.0" },
];

for (const { phase, image, and } of cases) {
  test(`an upgrade killed by SIGKILL during ${phase} is finished by the next \`pulumi up\``, async () => {
    await scenario.setImage(image);
    const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
    const sets = (await bench.sets(scenario.watched)).map(({ metadata }) => metadata.name);
    let left: RolloutAt | undefined;

    const report = await scenario.measure(fleet, image, {
      perform: async () => {
        left = await upKilledDuring(
          bench,
          scenario,
          phase,
          (rollout) => and?.(fleet, rollout) ?? true,
        );
        await scenario.stack.cancel();
        await scenario.stack.up();
      },
    });
    await fleet.stop();

    assert.equal(left?.phase, phase);
    assert.deepEqual(sets, [report.sets.blue]);
    assert.equal(report.sets.green, `emqx-core-${left?.to}`, "the same green was carried on with");
    assertGraceful(report, brokenInvariants(report));
    const pods = await bench.pods(scenario.watched);
    assert.deepEqual(
      pods.map((pod) => [pod.metadata.name, pod.spec.containers[0]?.image, isReady(pod)]),
      [0, 1, 2].map((ordinal) => [`${report.sets.green}-${ordinal}`, image, true]),
    );
  });
}

/** Clients on the pods of a revision, as the fleet itself counts them. */
function connectedTo(fleet: FleetProcess, revision: string): number {
  const { sample, pods } = fleet.latest() ?? { sample: { byPod: [] }, pods: [] };
  return pods
    .map((pod, index) => (pod.startsWith(`emqx-core-${revision}-`) ? sample.byPod[index] : 0))
    .reduce<number>((sum, count = 0) => sum + count, 0);
}
