/** What only a mutation showed to be untested (`npm run mutate`, docs/testing.md). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { conditions } from "../../components/rollout/conditions";
import { decide } from "../../components/rollout/decide";
import { look } from "../../components/rollout/look";
import { LEAVE_SERVICE_SECONDS, planDrain } from "../../components/rollout/plan-drain";
import { missingReturns } from "../../components/rollout/returns";
import type { Away, Desired, Observation, RolloutRecord } from "../../components/rollout/types";
import {
  blues,
  cluster,
  greens,
  greenService,
  node,
  NOW,
  on,
  record,
  settled,
  wanted,
} from "./fixtures";

const draining = record(["WaitGreen", "Promote", "Evacuate"]);
const busy = { connections: 300, liveConnections: 300 };

const ask = (observation: Observation, story: RolloutRecord, desired: Desired = wanted()) =>
  decide(observation, desired, story, settled, NOW);

test("the cluster is not calm at the look at which a pod is gone", () => {
  const calm = (before: Observation | undefined, after: Observation) =>
    conditions(after, wanted(), draining, before).calm;
  const both = cluster([...blues(), ...greens()]);
  assert.equal(calm(both, both), true);
  assert.equal(calm(both, cluster([node("blue", 0), ...greens()])), false);
  assert.equal(calm(undefined, both), false);
});

test("a way back does not wait at a manual gate", () => {
  const observation = cluster([...blues(), ...greens(busy)], { service: greenService });
  const back = record(["WaitGreen", "Promote", "Evacuate"], { aborting: true });
  assert.deepEqual(ask(observation, back, wanted({ gate: "manual" })).actions, [
    { do: "select", role: "core", revision: "blue", core: "blue" },
  ]);
});

test("the set on record as active is not disposed of, though nothing else tells that it served", () => {
  const scaled = record(["WaitGreen"], { to: "blue" }).current;
  const story: RolloutRecord = { ...record(), current: null, history: scaled ? [scaled] : [] };
  const observation = cluster([...blues(), ...greens()], { service: on(null, []) });
  const { actions } = ask(observation, story);
  assert.ok(!actions.some((action) => action.do === "scaleSet"), JSON.stringify(actions));
});

test("a blue without pods is nothing to go back to", () => {
  const observation = cluster([...blues(), ...greens()], {
    service: greenService,
    control: "abort",
  });
  assert.equal(ask(observation, draining).abort?.code, "EMQX_ROLLOUT_ABORTED");
  for (const set of observation.sets) if (set.revision === "blue") set.replicas = 0;
  const decision = ask(observation, draining);
  assert.equal(decision.abort, undefined);
  assert.equal(decision.failed?.code, "EMQX_ROLLOUT_HELD");
});

test("surplus nodes of green leave before blue's clients are sent to them", () => {
  const nodes = [node("blue", 0, busy), ...greens(), node("green", 2, busy)];
  const observation = cluster(nodes, { service: greenService });
  const { actions } = planDrain(look(observation, wanted(), draining, settled, NOW), {
    hold: false,
  });
  assert.deepEqual(
    actions.map((action) => action.do === "evacuate" && [action.pod, action.waitHealthCheck]),
    [["c-core-green-2", LEAVE_SERVICE_SECONDS]],
  );
});

test("scaling in stops at the wanted number, even where the next node has nobody", () => {
  const gone = node("green", 2, { evacuation: { state: "prohibiting" } });
  const held = { ...settled, "emqx@c-core-green-1 empty": 60_000 };
  const observation = cluster([...greens(), gone], { service: greenService });
  const { actions } = planDrain(look(observation, wanted(), draining, held, NOW), { hold: false });
  assert.deepEqual(actions, [{ do: "scaleSet", role: "core", set: "c-core-green", replicas: 2 }]);
});

test("a pod on its way out is not asked to make EMQX forget a node", () => {
  const nodes = [node("blue", 0, { terminating: true }), ...greens()];
  const observation = cluster(nodes, { service: greenService, stopped: ["emqx@c-core-blue-1"] });
  const { actions } = planDrain(look(observation, wanted(), draining, settled, NOW), {
    hold: false,
  });
  const via = actions.flatMap((action) => (action.do === "forceLeave" ? [action.via] : []));
  assert.deepEqual(via, [["c-core-green-0", "c-core-green-1"]]);
});

test("a share of 0 never holds, not even while clients leave green", () => {
  const at = (blue: number, green: number) =>
    cluster([
      node("blue", 0, { liveConnections: blue }),
      node("green", 0, { liveConnections: green }),
    ]);
  const past = { older: at(100, 50), recent: at(0, 50) };
  const now = at(0, 40);
  const staying = [node("green", 0)];
  assert.equal(missingReturns(past, now, staying, 0.5), 100);
  assert.equal(missingReturns(past, now, staying, 0), undefined);
});

test("sessions that leave a node show that the drain goes on", () => {
  const at = (connections: number) =>
    cluster([node("blue", 0, { connections, liveConnections: 0 }), ...greens()], {
      service: greenService,
    });
  const still = (before: Observation, after: Observation) =>
    conditions(after, wanted(), draining, before).still;
  assert.equal(still(at(30), at(30)), true);
  assert.equal(still(at(30), at(29)), false);
});

test("without evacuation the next node is not given up while clients of the one before stay away", () => {
  const unsupported = { ...busy, evacuation: { state: "unsupported" as const } };
  const observation = cluster([...blues(unsupported), ...greens()], { service: greenService });
  const givenUp = (away?: Away) => {
    const story = record(["WaitGreen", "Promote", "Evacuate"], { away });
    const seen = look(observation, wanted(), story, { ...settled, calm: 60_000 }, NOW);
    return seen.leaving.filter((each) => seen.drained(each)).length;
  };
  const away = { until: 10, since: new Date(NOW).toISOString() };
  assert.equal(givenUp(), 1);
  assert.equal(givenUp(away), 0);
  assert.equal(givenUp({ ...away, ignored: true }), 1);
});
