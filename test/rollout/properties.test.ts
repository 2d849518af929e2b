/**
 * Random fleets, rates, faults and crashes on a model of the cluster with a virtual clock: the
 * invariants of the design hold and the engine ends. The seed is printed; set SEED to replay it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Desired } from "../../components/rollout/types";
import { goalFor, runOn, Store } from "./model/bench";
import { densest, Model } from "./model/cluster";

const CASES = Number(process.env.CASES ?? 1000);
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);

class Killed extends Error {}

type Fault =
  | { kind: "kill"; at: number }
  | { kind: "silence"; at: number; pod: number; seconds: number }
  | { kind: "stealSelector"; at: number }
  | { kind: "restartNode"; at: number; pod: number };

interface Scenario {
  seed: number;
  replicas: number;
  after: number;
  /** Replicants before and after; 0 is none. */
  replicants: number;
  replicantsAfter: number;
  clients: number;
  persistent: number;
  offline: number;
  connEvictRate: number;
  sessEvictRate: number;
  waitTakeover: number;
  waitHealthCheck: number;
  /** Milliseconds that the slowest client is away; above 10 s evacuation is held now and then. */
  reconnect: number;
  initialDelaySeconds: number;
  change: "image" | "replicas" | "both" | "coreTemplate" | "replicantTemplate";
  /** The release has none: clients are cut, one node at a time. */
  withoutEvacuation: boolean;
  faults: Fault[];
  /** A run that was killed is followed by one that wants something else. */
  mind: "same" | "third" | "back";
}

const at = fc.integer({ min: 1, max: 400 });
const pod = fc.nat(9);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("kill" as const), at }) },
  fc.record({
    kind: fc.constant("silence" as const),
    at,
    pod,
    seconds: fc.integer({ min: 1, max: 90 }),
  }),
  fc.record({ kind: fc.constant("stealSelector" as const), at }),
  fc.record({ kind: fc.constant("restartNode" as const), at, pod }),
);

const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(1e6),
  replicas: fc.integer({ min: 1, max: 4 }),
  after: fc.integer({ min: 1, max: 4 }),
  replicants: fc.constantFrom(0, 0, 1, 2, 3),
  replicantsAfter: fc.constantFrom(0, 0, 1, 2, 4),
  clients: fc.nat(60),
  persistent: fc.nat(100),
  offline: fc.nat(60),
  connEvictRate: fc.integer({ min: 1, max: 25 }),
  sessEvictRate: fc.integer({ min: 1, max: 25 }),
  waitTakeover: fc.nat(6),
  waitHealthCheck: fc.nat(2),
  reconnect: fc.constantFrom(450, 450, 450, 18_000),
  initialDelaySeconds: fc.nat(4),
  change: fc.constantFrom(
    "image",
    "image",
    "replicas",
    "both",
    "coreTemplate",
    "replicantTemplate",
  ),
  withoutEvacuation: fc.constantFrom(false, false, false, true),
  faults: fc.array(fault, { maxLength: 4 }),
  mind: fc.constantFrom("same", "same", "third", "back"),
});

function randomOf(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

async function play(story: Scenario): Promise<void> {
  const pick = randomOf(story.seed);
  const model = new Model({
    startMilliseconds: () => 500 + pick(4000),
    stopMilliseconds: () => 200 + pick(2000),
    reconnectMilliseconds: () => 50 + pick(story.reconnect - 50),
    pick,
    withoutEvacuation: story.withoutEvacuation,
  });
  const store = new Store();
  const strategy = {
    initialDelaySeconds: story.initialDelaySeconds,
    connEvictRate: story.connEvictRate,
    sessEvictRate: story.sessEvictRate,
    waitTakeover: story.waitTakeover,
    waitHealthCheck: story.waitHealthCheck,
    progressDeadlineSeconds: 600,
    onFailure: "hold" as const,
    gate: "none" as const,
  };
  const goal = (revision: string, replicas: number, replicants: number, renewed = "") =>
    goalFor(strategy, revision, replicas, replicants, renewed);
  const run = (desired: Desired) => runOn(model, store, desired);

  await run(goal("a", story.replicas, story.replicants));
  model.addClients(story.clients, story.persistent, story.offline);
  await model.sleep(1000);

  model.evictions = [];
  model.moves = [];
  model.watchReady = true;
  const scales = story.change === "replicas" || story.change === "both";
  const [core, renewed] = { coreTemplate: ["a2"], replicantTemplate: ["a", "2"], replicas: ["a"] }[
    story.change as string
  ] ?? ["b"];
  let desired = goal(
    core ?? "b",
    scales ? story.after : story.replicas,
    scales ? story.replicantsAfter : story.replicants,
    renewed,
  );
  let changesOfMind = 0;
  let steps = 0;
  const faults = [...story.faults];
  model.weather.disturb = () => {
    steps += 1;
    for (const due of faults.filter((candidate) => candidate.at <= steps)) {
      faults.splice(faults.indexOf(due), 1);
      strike(model, due);
    }
  };
  for (;;) {
    try {
      await run(desired);
      break;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      await model.sleep(pick(5000));
      const replicants = desired.replicants?.replicas ?? 0;
      const third = "cdefghijklmnop".charAt(changesOfMind);
      const back = changesOfMind % 2 ? "b" : "a";
      if (story.mind === "third") desired = goal(third, desired.replicas, replicants);
      if (story.mind === "back") desired = goal(back, desired.replicas, replicants);
      if (story.mind !== "same") changesOfMind += 1;
    }
  }
  model.weather.disturb = undefined;
  const retries = model.clients.map((client) => client.retryAt).filter((time) => time < Infinity);
  await model.sleep(Math.max(0, ...retries.map((time) => time - model.now())) + 1000);

  assert.deepEqual(model.violations, []);
  assert.deepEqual(
    model.clients.filter((client) => client.lost).map(({ id }) => id),
    [],
    "I6: sessions lost",
  );
  const most = Math.max(0, ...model.clients.map((client) => client.disconnects));
  const disturbed = story.faults.some(
    (each) => each.kind === "restartNode" || each.kind === "stealSelector",
  );
  // Clients of cores stay there when replicants come, and are cut once more when those cores go.
  if (!disturbed && !story.withoutEvacuation) {
    assert.ok(most <= 1 + changesOfMind, `I4: a client was cut ${most} times`);
    // A change of rates or targets restarts an evacuation, whose first batch may fall into the same second.
    const restarts = changesOfMind > 0 || story.faults.length > 0 || story.reconnect > 10_000;
    const ticks = restarts ? 2 : 1;
    const rate = densest(model.evictions, 1000);
    assert.ok(rate <= story.connEvictRate * ticks, `I1: ${rate} evictions in a second`);
    // Without waitTakeover, clients on their way back count among the sessions that no forecast knew of.
    const overlap = story.waitTakeover === 0 ? ticks + 1 : ticks;
    const moved = densest(model.moves, 1000);
    assert.ok(moved <= story.sessEvictRate * overlap, `I1: ${moved} moves in a second`);
    if (changesOfMind === 0) {
      const serving = (cores: number, replicants: number) => (replicants > 0 ? replicants : cores);
      const floor = Math.min(
        serving(story.replicas, story.replicants),
        serving(desired.replicas, desired.replicants?.replicas ?? 0),
      );
      assert.ok(model.minReady >= floor, `I2: ${model.minReady} endpoints of ${floor}`);
    }
  }
  // I9: nothing is left over.
  assert.deepEqual(
    model.sets
      .map(({ revision, replicas }) => ({ revision, replicas }))
      .sort((a, b) => a.revision.localeCompare(b.revision)),
    [
      { revision: desired.revision, replicas: desired.replicas },
      ...(desired.replicants ? [desired.replicants] : []),
    ].sort((a, b) => a.revision.localeCompare(b.revision)),
  );
  assert.equal(model.selects, desired.replicants?.revision ?? desired.revision);
  assert.equal(model.dashboardSelects, desired.revision);
  assert.deepEqual(
    [...model.members].sort(),
    model.pods.map((each) => [each.node, "running"]).sort(),
  );
  assert.ok(
    model.pods.every((each) => each.state === "disabled"),
    "an evacuation is left",
  );
  assert.ok(model.clients.every((client) => client.node !== null || client.retryAt === Infinity));
  // I12: a further run writes nothing.
  const { saves } = store;
  model.writes = [];
  await run(desired);
  assert.deepEqual(model.writes, []);
  assert.equal(store.saves, saves, "the record was written though nothing changed");
}

function strike(model: Model, fault: Fault): void {
  const target =
    "pod" in fault ? model.pods[fault.pod % Math.max(1, model.pods.length)] : undefined;
  switch (fault.kind) {
    case "kill":
      throw new Killed();
    case "silence":
      if (target) target.silentUntil = model.now() + fault.seconds * 1000;
      break;
    case "stealSelector":
      model.selects = null;
      break;
    case "restartNode":
      // The file .evacuation survives without migrate_to; nobody is cut, as for a broker app restart.
      if (target) target.migrateTo = null;
      break;
  }
}

test(`upgrades keep their promises over ${CASES} random stories (SEED=${SEED})`, async () => {
  console.log(`SEED=${SEED} CASES=${CASES}`);
  await fc.assert(fc.asyncProperty(scenario, play), {
    numRuns: CASES,
    seed: SEED,
    includeErrorInReport: true,
  });
});
