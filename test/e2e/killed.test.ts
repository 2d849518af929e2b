import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import type { FleetProcess } from "../../sandbox/load/process";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, isReady } from "./support/cluster";
import { brokenInvariants, upKilledDuring, type RolloutAt } from "./support/faults";
import { assertGraceful } from "./support/graceful";

// A sample of the resume matrix (test/faults/resume.test.ts), in a run that nothing prepares for its end.
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

test("an upgrade killed by SIGKILL while it evacuates is finished by the next `pulumi up`", async () => {
  const image = "emqx/emqx:6.0.2";
  await scenario.setImage(image);
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  const sets = (await bench.sets(scenario.watched)).map(({ metadata }) => metadata.name);
  let left: RolloutAt | undefined;

  const report = await scenario.measure(fleet, image, {
    perform: async () => {
      left = await upKilledDuring(
        bench,
        scenario,
        "Evacuate",
        ({ to }) => connectedTo(fleet, to) > CLIENTS / 4,
      );
      await scenario.stack.cancel();
      await scenario.stack.up();
    },
  });
  await fleet.stop();

  assert.equal(left?.phase, "Evacuate");
  assert.deepEqual(sets, [report.sets.blue]);
  assert.equal(report.sets.green, `emqx-core-${left?.to}`, "the same green was carried on with");
  assertGraceful(report, brokenInvariants(report));
  const pods = await bench.pods(scenario.watched);
  assert.deepEqual(
    pods.map((pod) => [pod.metadata.name, pod.spec.containers[0]?.image, isReady(pod)]),
    [0, 1, 2].map((ordinal) => [`${report.sets.green}-${ordinal}`, image, true]),
  );
});

/** Clients on the pods of a revision, as the fleet itself counts them. */
function connectedTo(fleet: FleetProcess, revision: string): number {
  const { sample, pods } = fleet.latest() ?? { sample: { byPod: [] }, pods: [] };
  return pods
    .map((pod, index) => (pod.startsWith(`emqx-core-${revision}-`) ? sample.byPod[index] : 0))
    .reduce<number>((sum, count = 0) => sum + count, 0);
}
