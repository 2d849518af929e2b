import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import type { FleetProcess } from "../../sandbox/load/process";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually, isReady } from "./support/cluster";
import { brokenInvariants, upKilledDuring } from "./support/faults";

// Two clusters of two stacks in one namespace: whatever happens to north, south must not notice.
const CLIENTS = 120;
const OFFLINE = 10;
let bench: Bench;
let north: Scenario;
let south: Scenario;
let southFleet: FleetProcess;
let southPods: string[];

before(async () => {
  bench = await Bench.open();
  north = await bench.scenario("north", { cluster: "north", replicas: 2, connEvictRate: 30 });
  south = await bench.scenario("south", { cluster: "south", replicas: 2 });
  await north.stack.up();
  await south.stack.up();
  southPods = await podsOf(south);
  southFleet = await bench.connect(south, CLIENTS, OFFLINE);
});
after(() => bench?.close());

test("an upgrade of one cluster is not noticed by the other", async () => {
  const fleet = await bench.connect(north, CLIENTS, OFFLINE);
  await north.setImage("emqx/emqx:6.1.0");
  const report = await north.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();

  assert.deepEqual(brokenInvariants(report), []);
  assert.equal(report.sessionsLost, 0);
  assert.equal(report.qos1Lost, 0);
  assert.equal(report.maxDisconnectsPerClient, 1);
  assert.equal(report.minReadyEndpoints, report.desiredReplicas);
  assert.deepEqual(report.blueObjectsLeft, []);
  assert.deepEqual(report.evacuationsLeft, []);
  assert.equal(report.clusterNodes.length, 2, "north's nodes know nothing of south's");
  await assertSouthServes();
});

test("a cluster destroyed in the middle of its upgrade leaves nothing but the other one", async () => {
  const fleet = await bench.connect(north, CLIENTS, OFFLINE);
  const startedAt = Date.now();
  await north.setImage("emqx/emqx:6.1.1");
  const gone = (): number => CLIENTS - (fleet.latest()?.sample.total ?? CLIENTS);
  await upKilledDuring(bench, north, "Evacuate", () => gone() > 0);
  assert.equal((await bench.sets(north.watched)).length, 2, "both colours are there");
  const { disconnects } = await fleet.figures();
  assert.ok(
    disconnects.some(([t]) => t >= startedAt),
    "clients were being evicted",
  );
  await fleet.stop();

  await north.stack.cancel();
  await north.stack.destroy();

  const ofNorth = async (): Promise<string[]> =>
    (await bench.everythingIn("default")).filter((name) => /\/north\b/.test(name));
  assert.deepEqual(await eventually(ofNorth, (names) => names.length === 0), []);
  await north.stack.remove();
  await assertSouthServes();
  const figures = await southFleet.settle();
  await southFleet.stop();
  assert.deepEqual(figures.disconnects, []);
  assert.ok(figures.sessionsExpected > 0 && figures.messages.published > 0);
  assert.equal(figures.sessionsLost, 0);
  assert.equal(figures.messages.lost, 0);
});

async function assertSouthServes(): Promise<void> {
  assert.deepEqual(await podsOf(south), southPods);
  const [pod] = await bench.pods(south.watched);
  assert.ok(pod);
  const nodes = await bench.nodesSeenBy(south.watched, pod);
  assert.deepEqual(
    nodes.map(({ node_status }) => node_status),
    ["running", "running"],
  );
  assert.deepEqual((await southFleet.figures()).disconnects, []);
  assert.equal(southFleet.latest()?.sample.total, CLIENTS);
}

/** A pod that was replaced, restarted or is not Ready differs. */
async function podsOf(scenario: Scenario): Promise<string[]> {
  const pods = await bench.pods(scenario.watched);
  return pods
    .map((pod) => {
      const restarts = pod.status?.containerStatuses?.[0]?.restartCount;
      return `${pod.metadata.name} ${pod.metadata.uid} ${restarts} ${isReady(pod)}`;
    })
    .sort();
}
