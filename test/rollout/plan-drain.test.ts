import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { conditions } from "../../components/rollout/conditions";
import { look } from "../../components/rollout/look";
import {
  isStranded,
  LEAVE_SERVICE_SECONDS,
  planDrain,
  ROUTED,
  STRANDED,
} from "../../components/rollout/plan-drain";
import type { Desired, Held, NodeObservation, Observation } from "../../components/rollout/types";
import {
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

const phases = ["WaitGreen", "Promote", "Evacuate"] as const;

function plan(
  nodes: NodeObservation[],
  options: {
    held?: Held;
    desired?: Desired;
    changes?: Partial<Observation>;
    figures?: number[];
  } = {},
) {
  const story = record([...phases], {
    nodes: (options.figures ?? []).map((connections, ordinal) => ({
      node: `emqx@c-core-blue-${ordinal}`,
      connections,
      sessions: 0,
    })),
  });
  const observation = cluster(nodes, { service: greenService, ...options.changes });
  const seen = look(
    observation,
    options.desired ?? wanted(),
    story,
    { ...settled, ...options.held },
    NOW,
  );
  return planDrain(seen, { hold: false });
}

const blue = (ordinal: number, changes: Partial<NodeObservation>) => node("blue", ordinal, changes);
const busy = { connections: 300, liveConnections: 300 };
const gone = evacuating("prohibiting");

describe("starting", () => {
  test("waits while another node is evicting", () => {
    const { actions } = plan([
      blue(0, busy),
      blue(1, { ...busy, ...evacuating("evicting_conns") }),
      ...greens(),
    ]);
    assert.deepEqual(actions, []);
  });

  test("the next node starts when the one before waits for takeover", () => {
    const { actions } = plan([blue(0, busy), blue(1, evacuating("waiting_takeover")), ...greens()]);
    assert.equal(actions[0]?.do === "evacuate" && actions[0].pod, "c-core-blue-0");
  });

  test("after a stop of any node's evacuation none starts for a second: the rate is the cluster's", () => {
    const at = (milliseconds: number) =>
      plan([blue(0, busy), ...greens()], {
        held: { "emqx@c-core-green-0 disabled": milliseconds },
      }).actions.length;
    assert.deepEqual([at(750), at(1000)], [0, 1]);
  });

  test("a terminating node is not started", () => {
    const { actions } = plan([blue(0, { ...busy, terminating: true }), ...greens()]);
    assert.ok(!actions.some((action) => action.do === "evacuate"));
  });

  test("an empty node out of service needs no evacuation", () => {
    const held = { "emqx@c-core-blue-0 empty": 3_000 };
    const { actions } = plan([blue(0, {}), ...greens()], { held });
    assert.deepEqual(actions, [{ do: "scaleSet", role: "core", set: "c-core-blue", replicas: 0 }]);
  });
});

describe("scaling in", () => {
  const four = [0, 1, 2, 3].map((ordinal) => node("green", ordinal, busy));

  test("a release without wait_health_check drains surplus nodes side by side at shared rates", () => {
    const nodes = [0, 1, 2, 3].map((ordinal) => node("green", ordinal, busy));
    const desired = { ...wanted(), evictsAtOnce: true };
    const starts = plan(nodes, { desired }).actions.filter((action) => action.do === "evacuate");
    assert.deepEqual(
      starts.map(({ pod, connEvictRate, sessEvictRate, waitHealthCheck }) => [
        pod,
        connEvictRate,
        sessEvictRate,
        waitHealthCheck,
      ]),
      [
        ["c-core-green-3", 50, 25, 0],
        ["c-core-green-2", 50, 25, 0],
      ],
    );
    const slow = { state: "evicting_conns" as const, connEvictRate: 50, sessEvictRate: 25 };
    const running = nodes.map((one) =>
      one.ordinal < 2 ? one : { ...one, ready: false, evacuation: slow },
    );
    assert.deepEqual(plan(running, { desired }).actions, []);
    const fast = running.map((one) =>
      one.ordinal < 2 ? one : { ...one, evacuation: { ...slow, connEvictRate: 101 } },
    );
    assert.equal(plan(fast, { desired }).actions[0]?.do, "stopEvacuation");
  });

  test("takes all surplus nodes out of service at once, and staggers their evictions", () => {
    const { actions } = plan(four, { desired: wanted() });
    const waits = actions.map(
      (action) => action.do === "evacuate" && [action.pod, action.waitHealthCheck],
    );
    assert.deepEqual(waits, [
      ["c-core-green-3", LEAVE_SERVICE_SECONDS],
      ["c-core-green-2", LEAVE_SERVICE_SECONDS + 3],
    ]);
  });

  test("keeps a longer waitHealthCheck of the user", () => {
    const { actions } = plan(four, { desired: wanted({ waitHealthCheck: 30 }, 3) });
    assert.equal(actions[0]?.do === "evacuate" && actions[0].waitHealthCheck, 30);
  });

  test("an empty node that is in service is evacuated all the same", () => {
    const nodes = [...greens(), node("green", 2)];
    const { actions } = plan(nodes, { held: { "emqx@c-core-green-2 empty": 60_000 } });
    assert.equal(actions[0]?.do, "evacuate");
  });

  test("shrinks to the wanted number and no further", () => {
    const nodes = [...greens(), node("green", 2, gone)];
    const { actions } = plan(nodes);
    assert.deepEqual(actions, [{ do: "scaleSet", role: "core", set: "c-core-green", replicas: 2 }]);
  });
});

describe("deleting", () => {
  test("goes from the top and stops at the first node that has somebody left", () => {
    const nodes = [
      blue(0, gone),
      blue(1, { ...busy, ...evacuating("evicting_conns") }),
      blue(2, gone),
    ];
    const { actions } = plan([...nodes, ...greens()]);
    assert.deepEqual(actions, [{ do: "scaleSet", role: "core", set: "c-core-blue", replicas: 2 }]);
  });

  test("a drained node below a busy one waits for its turn", () => {
    const { actions } = plan([
      blue(0, gone),
      blue(1, { ...busy, ...evacuating("evicting_conns") }),
      ...greens(),
    ]);
    assert.deepEqual(actions, []);
  });

  test("a node that does not answer is waited for", () => {
    const { actions } = plan([blue(0, silent), ...greens()]);
    assert.deepEqual(actions, []);
  });

  test("while any node hangs none goes, for it may route to those that are drained", () => {
    const nodes = [blue(0, gone), blue(1, gone), ...greens()];
    const goes = (answering: number) =>
      plan(nodes, { held: { answering } }).actions.some((action) => action.do === "scaleSet");
    assert.deepEqual([goes(0), goes(ROUTED - 1), goes(ROUTED)], [false, false, true]);
    const answering = (other: object) =>
      conditions(cluster([blue(0, other), ...greens()]), wanted(), record([...phases])).answering;
    assert.equal(answering({}), true);
    assert.equal(answering(silent), false);
    assert.equal(answering({ ...silent, reason: "CrashLoopBackOff", down: true }), true);
    assert.equal(answering({ ...silent, terminating: true }), true);
  });

  test("a set without pods is deleted, one that is being deleted is left alone", () => {
    const empty = {
      role: "core" as const,
      name: "c-core-blue",
      revision: "blue",
      replicas: 0,
      pods: 0,
      image: "x",
      createdAt: 1,
      deleting: false,
    };
    const green = {
      ...empty,
      name: "c-core-green",
      revision: "green",
      replicas: 2,
      pods: 2,
      createdAt: 2,
    };
    const at = (deleting: boolean) =>
      plan(greens(), { changes: { sets: [{ ...empty, deleting }, green] } }).actions;
    assert.deepEqual(at(false), [
      { do: "deleteSet", role: "core", set: "c-core-blue", revision: "blue" },
    ]);
    assert.deepEqual(at(true), []);
  });
});

describe("correcting", () => {
  const moving = (recipients: string[]) => ({
    ...busy,
    ...evacuating("evicting_sessions", recipients),
  });

  test("an evacuation towards a leaving node is stopped, and nothing starts at the same look", () => {
    const nodes = [blue(0, busy), blue(1, moving(["emqx@c-core-blue-0"])), ...greens()];
    const { actions } = plan(nodes);
    assert.deepEqual(actions, [
      { do: "stopEvacuation", node: "emqx@c-core-blue-1", pod: "c-core-blue-1" },
    ]);
  });

  test("recipients that EMQX filtered away are no reason to stop", () => {
    assert.deepEqual(plan([blue(0, moving([])), ...greens()]).actions, []);
  });

  test("recipients that stay away while others are in sight are gone: it is started anew", () => {
    const nodes = [blue(0, moving([])), ...greens()];
    const after = (stranded: number) =>
      plan(nodes, { held: { "emqx@c-core-blue-0 stranded": stranded } }).actions;
    assert.deepEqual(after(STRANDED - 1), []);
    assert.deepEqual(after(STRANDED), [
      { do: "stopEvacuation", node: "emqx@c-core-blue-0", pod: "c-core-blue-0" },
    ]);
    const [view, green] = [cluster(nodes).nodes[0]!, greens()];
    assert.equal(isStranded(view, green), true);
    assert.equal(isStranded({ ...view, view: {} }, green), false, "it does not see them either");
    assert.equal(isStranded({ ...view, ...moving(["emqx@c-core-green-1"]) }, green), false);
    assert.equal(isStranded({ ...view, evacuation: undefined }, green), false);
  });

  for (const [state, field, stops] of [
    ["evicting_conns", "connEvictRate", true],
    ["evicting_conns", "sessEvictRate", false],
    ["waiting_takeover", "sessEvictRate", true],
    ["evicting_sessions", "connEvictRate", false],
    ["prohibiting", "connEvictRate", false],
  ] as const) {
    test(`another ${field} in ${state} ${stops ? "is" : "is not"} a reason to stop`, () => {
      const { evacuation } = evacuating(state);
      const nodes = [blue(0, { ...busy, evacuation: { ...evacuation!, [field]: 7 } }), ...greens()];
      const stopped = plan(nodes).actions.some((action) => action.do === "stopEvacuation");
      assert.equal(stopped, stops);
    });
  }

  test("rates that EMQX does not report are taken as ours", () => {
    const nodes = [blue(0, { ...busy, evacuation: { state: "evicting_conns" } }), ...greens()];
    assert.deepEqual(plan(nodes).actions, []);
    const later = [blue(0, { ...busy, evacuation: { state: "waiting_takeover" } }), ...greens()];
    assert.deepEqual(plan(later).actions, []);
  });
});

describe("progress", () => {
  test("counts nodes, connections and sessions against what was there at the start", () => {
    const nodes = [
      blue(0, { connections: 120, liveConnections: 100 }),
      blue(1, { connections: 60, liveConnections: 50, ...evacuating("evicting_conns") }),
    ];
    const { progress, waitingFor } = plan([...nodes, ...greens()], { figures: [100, 200, 300] });
    assert.deepEqual(progress, {
      drained: 1,
      leaving: 3,
      connectionsLeft: 150,
      sessionsLeft: 30,
      connectionsAtStart: 600,
      figures: [
        { node: "emqx@c-core-blue-1", connections: 50, sessions: 10 },
        { node: "emqx@c-core-blue-0", connections: 100, sessions: 20 },
      ],
      etaSeconds: 13,
    });
    assert.equal(waitingFor, "c-core-blue-1 evicting_conns, 50 connections, 10 sessions");
  });

  test("says Retire when only pods are left", () => {
    const { phase, waitingFor } = plan([blue(0, gone), ...greens()]);
    assert.equal(phase, "Retire");
    assert.equal(waitingFor, "blue pods to end");
  });

  test("stopped nodes without pods are told to leave while others still drain", () => {
    const nodes = [blue(0, { ...busy, ...evacuating("evicting_conns") }), ...greens()];
    const view = Object.fromEntries(nodes.map(({ node: name }) => [name, "running" as const]));
    const seen = nodes.map((one) => ({
      ...one,
      view: { ...view, "emqx@c-core-blue-1": "stopped" as const },
    }));
    assert.deepEqual(plan(seen).actions, [
      {
        do: "forceLeave",
        node: "emqx@c-core-blue-1",
        via: ["c-core-blue-0", "c-core-green-0", "c-core-green-1"],
      },
    ]);
  });
});
