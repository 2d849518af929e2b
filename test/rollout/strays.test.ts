import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide } from "../../components/rollout/decide";
import { leftovers } from "../../components/rollout/leftovers";
import type { Held, NodeObservation } from "../../components/rollout/types";
import {
  blues,
  cluster,
  evacuating,
  greens,
  greenService,
  node,
  NOW,
  record,
  settled,
  wanted,
} from "./fixtures";

const DRAINING = record(["WaitGreen", "Promote", "Evacuate"]);

/** Somebody has deleted blue's set with `--cascade=orphan`. */
const orphaned = (blue: NodeObservation[]) => {
  const observation = cluster([...blue, ...greens()], { service: greenService });
  observation.sets = observation.sets.filter(({ revision }) => revision !== "blue");
  return observation;
};
const ask = (observation: ReturnType<typeof orphaned>, held = settled) =>
  decide(observation, wanted(), DRAINING, held, NOW);

describe("pods whose set is gone", () => {
  test("are evacuated as before", () => {
    const [action] = ask(orphaned(blues({ liveConnections: 5, connections: 5 }))).actions;
    assert.ok(action?.do === "evacuate" && action.pod.startsWith("c-core-blue-"));
  });

  test("are left to a person when they are drained, and the upgrade is not over before", () => {
    const drained = orphaned(blues({ ...evacuating("prohibiting"), liveConnections: 0 }));
    const { actions, done, waitingFor } = ask(drained);
    assert.deepEqual([actions, done], [[], undefined]);
    assert.match(waitingFor, /^somebody to delete c-core-blue-0, c-core-blue-1: drained/);
    const late = ask(drained, { ...settled, still: 700_000 });
    assert.match(late.failed?.message ?? "", /somebody to delete c-core-blue-0/);
  });

  test("of the wanted revision are none: their set may be a moment older than the list of sets", () => {
    const observation = cluster([...blues(), node("green", 0)]);
    observation.sets = observation.sets.filter(({ revision }) => revision !== "green");
    const { actions } = decide(observation, wanted(), record(["CreateGreen"]), settled, NOW);
    assert.deepEqual(actions, [{ do: "inspect" }]);
  });
});

describe("names that were used before", () => {
  const back = (history: string | null) => {
    const story = record([], { from: "green", to: "blue" });
    return { ...story, active: history };
  };
  const silentGreen = (changes: Partial<NodeObservation> = {}) =>
    cluster([node("green", 0, { reachable: false, ...changes })], { service: greenService });
  const goBack = { ...wanted(), revision: "blue", replicas: 1 };

  test("are not given to new pods while nobody tells whether EMQX still knows them", () => {
    const decision = decide(silentGreen(), goBack, back("blue"), settled, NOW);
    assert.deepEqual(decision.actions, []);
    assert.match(decision.waitingFor, /^a node to tell/);
    const lost = decide(silentGreen(), goBack, back(null), settled, NOW);
    assert.match(lost.waitingFor, /^a node to tell/, "a lost record tells of no name");
  });

  test("do not wait for nodes that are down for good, nor for names never used", () => {
    const down = { ...settled, "emqx@c-core-green-0 down": 60_000 };
    const actions = (held: Held, active: string | null) =>
      decide(silentGreen({ reason: "Error", down: true }), goBack, back(active), held, NOW).actions;
    assert.deepEqual(actions(down, "blue"), [{ do: "inspect" }]);
    assert.deepEqual(actions(settled, "red"), [{ do: "inspect" }]);
  });
});

test("what a deleted set leaves is removed at the end, unless it is of the goal", () => {
  const left = (revision: string) => ({
    role: "core" as const,
    set: `c-core-${revision}`,
    revision,
  });
  const observation = cluster(greens(), { service: greenService });
  const ended = (ownerless: (typeof observation)["ownerless"]) =>
    ask({ ...observation, ownerless });
  assert.deepEqual(ended([left("blue"), left("green")]).actions, [
    { do: "deleteSet", ...left("blue") },
  ]);
  assert.equal(ended([left("green")]).done, true);
});

test("EMQX is told to forget cores, not replicants, which are named by an address", () => {
  const addresses = ["10.88.0.1", "[fd00::1]", "fd00::1", "::ffff:10.88.0.1", "[::ffff:10.88.0.1]"];
  const names = ["emqx@c-core-old-0.c-headless", ...addresses.map((address) => `emqx@${address}`)];
  const view = Object.fromEntries(names.map((name) => [name, "stopped" as const]));
  const { forgotten } = leftovers(cluster([node("green", 0, { view })]), () => false);
  assert.deepEqual(forgotten, ["emqx@c-core-old-0.c-headless"]);
});
