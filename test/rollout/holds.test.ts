import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { conditions } from "../../components/rollout/conditions";
import { decide } from "../../components/rollout/decide";
import { SERVICE_PATIENCE } from "../../components/rollout/holds";
import type { Past } from "../../components/rollout/returns";
import type { Away, Held, Observation, RolloutRecord } from "../../components/rollout/types";
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
  silent,
  wanted,
} from "./fixtures";

const DRAINING = record(["WaitGreen", "Promote", "Evacuate"]);
const evicting = { ...evacuating("evicting_conns"), liveConnections: 50, connections: 50 };

const withBlue = (live: number, green: number, control: Observation["control"] = null) =>
  cluster(
    [
      node("blue", 0, { ...evicting, liveConnections: live, connections: live }),
      node("blue", 1, { liveConnections: 100, connections: 100 }),
      ...greens({ liveConnections: green, connections: green }),
    ],
    { service: greenService, control },
  );

const past: Past = { older: withBlue(100, 0), recent: withBlue(50, 0) };

const ask = (
  observation: Observation,
  story: RolloutRecord = DRAINING,
  held: Held = settled,
  before?: Past,
) => decide(observation, wanted(), story, held, NOW, before);

const holding = (away: Partial<Away> = {}, phases = DRAINING) => ({
  ...phases,
  current: {
    ...(phases.current as NonNullable<RolloutRecord["current"]>),
    away: { until: 40, since: new Date(NOW - 5_000).toISOString(), ...away },
  },
});

describe("clients that stay away", () => {
  test("hold the evacuation: who evicts is stopped, the others wait, and it is told", () => {
    const decision = ask(withBlue(20, 0), DRAINING, settled, past);
    assert.deepEqual(decision.actions, [
      { do: "stopEvacuation", node: "emqx@c-core-blue-0", pod: "c-core-blue-0" },
    ]);
    assert.deepEqual(decision.away, { until: 40, since: new Date(NOW).toISOString() });
    assert.equal(decision.holding, true);
    assert.match(decision.waitingFor, /^evicted clients to come back, 0 of 40 are/);
    assert.match(decision.warnings?.[0] ?? "", /held until 40 clients/);
  });

  test("do not hold it when they come back, nor when nobody is left to evict", () => {
    assert.equal(ask(withBlue(20, 25), DRAINING, settled, past).away, undefined);
    const empty = cluster([...blues(evacuating("evicting_sessions")), ...greens()], {
      service: greenService,
    });
    const gone: Past = { older: withBlue(100, 0), recent: empty };
    assert.equal(ask(empty, DRAINING, settled, gone).away, undefined);
  });

  test("do not stop sessions from being moved", () => {
    const moving = cluster(
      [
        node("blue", 0, { ...evacuating("evicting_sessions"), connections: 9 }),
        node("blue", 1, { liveConnections: 100, connections: 100 }),
        ...greens(),
      ],
      { service: greenService },
    );
    assert.deepEqual(ask(moving, DRAINING, settled, past).actions, []);
    assert.ok(ask(moving, DRAINING, settled, past).away);
  });

  test("are waited for until enough are back, and then it goes on", () => {
    const waiting = ask(withBlue(20, 10), holding());
    assert.deepEqual(waiting.away, holding().current.away);
    const back = ask(withBlue(20, 20), holding());
    assert.equal(back.away, null);
    assert.deepEqual(back.actions, []);
  });

  test("are no longer waited for when a person says resume, for the rest of the rollout", () => {
    const decision = ask(withBlue(20, 0, "resume"), holding());
    assert.deepEqual(decision.actions, [{ do: "clearControl" }]);
    assert.equal(decision.away?.ignored, true);
    const after = ask(withBlue(20, 0), holding({ ignored: true }), settled, past);
    assert.equal(after.holding, undefined);
  });

  test("fail the rollout after progressDeadlineSeconds, with both colours running", () => {
    const since = (seconds: number) => ({ since: new Date(NOW - seconds * 1000).toISOString() });
    assert.equal(ask(withBlue(20, 0), holding(since(600))).failed, undefined);
    const { failed, actions } = ask(withBlue(20, 0), holding(since(601)));
    assert.equal(failed?.code, "EMQX_CLIENTS_AWAY");
    assert.match(failed?.message ?? "", /0 of 40 are on the new nodes/);
    assert.deepEqual(actions, []);
  });

  test("keep the next node of a release without evacuation, too", () => {
    const unsupported = { evacuation: { state: "unsupported" as const }, liveConnections: 9 };
    const observation = cluster([...blues(unsupported), ...greens()], { service: greenService });
    const calm = { ...settled, calm: 60_000 };
    assert.equal(ask(observation, DRAINING, calm).actions[0]?.do, "scaleSet");
    assert.deepEqual(ask(observation, holding(), calm).actions, []);
  });
});

describe("a standstill", () => {
  // progressDeadlineSeconds 600 and waitTakeover 10 of the fixtures.
  const after = (seconds: number): Held => ({ ...settled, still: seconds * 1000 });
  const hung = cluster([...blues(silent), ...greens()], { service: greenService });

  test("ends a drain with the names of what is left", () => {
    assert.equal(ask(hung, DRAINING, after(609)).failed, undefined);
    const { failed, phase } = ask(hung, DRAINING, after(610));
    assert.equal(failed?.code, "EMQX_DRAIN_DEADLINE");
    assert.equal(phase, "Held");
    assert.match(failed?.message ?? "", /Not drained: c-core-blue-1, c-core-blue-0/);
  });

  test("is none before the drain, in a pause, or while clients are waited for", () => {
    for (const phase of ["WaitGreen", "Gate", "Promote"] as const) {
      assert.equal(ask(hung, record([phase]), after(9_999)).failed, undefined);
    }
    const pausing = { ...hung, control: "pause" as const };
    assert.equal(ask(pausing, DRAINING, after(9_999)).failed, undefined);
    assert.equal(ask(withBlue(20, 0), holding(), after(9_999)).failed, undefined);
  });

  test("ends other waits too: for a pod that does not end, a node that EMQX goes on listing", () => {
    const nodes = [...greens(), node("green", 2, { terminating: true })];
    const alsoRunning = ["emqx@c-core-red-0"];
    const observation = cluster(nodes, { service: greenService, alsoRunning });
    const at = (seconds: number) => ask(observation, record(["Retire"]), after(seconds)).failed;
    assert.equal(at(609), undefined);
    assert.equal(at(610)?.code, "EMQX_PROGRESS_DEADLINE");
    assert.match(at(610)?.message ?? "", /do not end: c-core-green-2;.*emqx@c-core-red-0/);
  });

  test("is seen only while nothing changes but the clients of nodes that stay", () => {
    const still = (before: Observation, now: Observation) =>
      conditions(now, wanted(), DRAINING, before).still;
    assert.equal(conditions(hung, wanted(), DRAINING).still, false);
    assert.equal(still(hung, structuredClone(hung)), true);
    assert.equal(still(withBlue(20, 5), withBlue(20, 9)), true);
    assert.equal(still(withBlue(20, 5), withBlue(19, 5)), false);
    assert.equal(still(hung, { ...hung, control: "pause" }), false);
  });
});

describe("the listeners Service", () => {
  const gone = {
    ...withBlue(20, 0),
    service: { exists: false, selects: null, readyPods: [] },
  };

  test("that is gone stops who evicts, begins nothing, and is waited for a while", () => {
    const decision = ask(gone, DRAINING, { ...settled, serviceless: SERVICE_PATIENCE - 1 });
    assert.deepEqual(decision.actions, [
      { do: "stopEvacuation", node: "emqx@c-core-blue-0", pod: "c-core-blue-0" },
    ]);
    assert.match(decision.waitingFor, /listeners Service/);
    const before = cluster([...blues(), ...greens({ ready: false })], { service: gone.service });
    assert.deepEqual(ask(before, record(["WaitGreen"])).actions, []);
  });

  test("that stays away fails the run with what to do", () => {
    const { failed } = ask(gone, DRAINING, { ...settled, serviceless: SERVICE_PATIENCE });
    assert.equal(failed?.code, "EMQX_KUBERNETES_ERROR");
    assert.match(failed?.message ?? "", /pulumi up --refresh/);
    assert.equal(conditions(gone, wanted(), DRAINING).serviceless, true);
    assert.equal(conditions(withBlue(20, 0), wanted(), DRAINING).serviceless, false);
  });
});
