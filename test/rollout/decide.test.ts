import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { conditions } from "../../components/rollout/conditions";
import { BLIP, decide, HOPELESS_PATIENCE, QUIET_PATIENCE } from "../../components/rollout/decide";
import { MUTE } from "../../components/rollout/plan-drain";
import { RETURN_MILLISECONDS } from "../../components/rollout/returns";
import type {
  Decision,
  Desired,
  EvacuationState,
  Held,
  NodeObservation,
  Observation,
  RolloutRecord,
} from "../../components/rollout/types";
import {
  afterFailures,
  blues,
  cluster,
  evacuating,
  facts,
  greens,
  greenService,
  node,
  NOW,
  on,
  record,
  settled,
  silent,
  wanted,
} from "./fixtures";

const ask = (
  observation: Observation,
  story: RolloutRecord = record(["WaitGreen", "Promote", "Evacuate"]),
  held: Held = settled,
  desired: Desired = wanted(),
): Decision => decide(observation, desired, story, held, NOW);

const fresh: RolloutRecord = {
  schemaVersion: 1,
  hashVersion: 1,
  active: null,
  current: null,
  history: [],
};

describe("creating green", () => {
  test("asks for the preflight facts before it writes anything", () => {
    const decision = ask(cluster(blues()), record());
    assert.deepEqual(decision.actions, [{ do: "inspect" }]);
    assert.equal(decision.phase, "Preflight");
  });

  test("creates the set with the wanted replicas once the preflight is clean", () => {
    const decision = ask(cluster(blues(), { preflight: facts() }), record());
    assert.deepEqual(decision.actions, [
      { do: "createSet", role: "core", revision: "green", replicas: 2 },
    ]);
  });

  test("fails before any write when the preflight finds a problem", () => {
    const preflight = facts({
      license: { type: "official", expired: true, expiryAt: "2026-01-01" },
    });
    const decision = ask(cluster(blues(), { preflight }), record());
    assert.equal(decision.failed?.code, "EMQX_PREFLIGHT_FAILED");
    assert.match(decision.failed.message, /2026-01-01/);
    assert.deepEqual(decision.actions, []);
  });

  test("warns about a blue node that does not answer, and goes on", () => {
    const nodes = [node("blue", 0), node("blue", 1, { ...silent, ready: false })];
    const decision = ask(cluster(nodes, { preflight: facts() }), record());
    assert.equal(decision.actions[0]?.do, "createSet");
    assert.match(decision.warnings?.join() ?? "", /c-core-blue-1/);
  });

  test("a set with too few replicas is grown", () => {
    const decision = ask(cluster([node("green", 0)], { service: greenService }), fresh);
    assert.deepEqual(decision.actions, [
      { do: "scaleSet", role: "core", set: "c-core-green", replicas: 2 },
    ]);
  });

  test("waits until EMQX has forgotten a stopped node whose name green would reuse", () => {
    const stopped = ["emqx@c-core-green-1", "emqx@c-core-other-0"];
    const decision = ask(cluster(blues(), { preflight: facts(), stopped }), record());
    const names = decision.actions.map((action) => action.do === "forceLeave" && action.node);
    assert.deepEqual(names, stopped);
    const other = cluster(blues(), { preflight: facts(), stopped: ["emqx@c-core-other-0"] });
    assert.equal(ask(other, record()).actions[0]?.do, "createSet");
    const running = cluster(blues(), { preflight: facts(), alsoRunning: ["emqx@c-core-green-1"] });
    assert.deepEqual(ask(running, record()).actions, []);
  });

  test("a set is not grown while pods of it are still ending", () => {
    const nodes = [node("green", 0), node("green", 1, { terminating: true })];
    const observation = cluster(nodes, { service: greenService });
    observation.sets[0]!.replicas = 1;
    assert.deepEqual(ask(observation, fresh).actions, []);
  });

  test("a stopped node that its set still wants is never told to leave", () => {
    const observation = cluster([node("blue", 0), ...greens()], {
      service: greenService,
      stopped: ["emqx@c-core-blue-1"],
    });
    const blue = observation.sets.find((set) => set.revision === "blue");
    assert.ok(blue);
    blue.replicas = 2;
    assert.ok(!ask(observation).actions.some((action) => action.do === "forceLeave"));
  });

  test("a set that is being deleted does not count as the target", () => {
    const observation = cluster([...blues(), ...greens()]);
    const green = observation.sets.find((set) => set.revision === "green");
    assert.ok(green);
    green.deleting = true;
    assert.deepEqual(ask(observation, record()).actions, [{ do: "inspect" }]);
  });
});

describe("waiting for green", () => {
  const waiting = record(["CreateGreen", "WaitGreen"]);

  test("does not promote while a green pod is not Ready", () => {
    const decision = ask(
      cluster([...blues(), node("green", 0), node("green", 1, { ready: false })]),
      waiting,
    );
    assert.equal(decision.phase, "WaitGreen");
    assert.match(decision.waitingFor, /1\/2 green nodes ready/);
    assert.deepEqual(decision.actions, []);
  });

  test("does not promote while a blue node does not list green as running", () => {
    const [first, ...rest] = [...blues(), ...greens()];
    assert.ok(first);
    const deaf = { ...first, view: { [first.node]: "running" as const } };
    const decision = ask(cluster([deaf, ...rest]), waiting);
    assert.match(decision.waitingFor, /2\/2 green nodes ready, joining/);
  });

  test("waits until the membership has settled", () => {
    const decision = ask(cluster([...blues(), ...greens()]), waiting, { joined: 4_000 });
    assert.match(decision.waitingFor, /settle/);
  });

  test("a missed deadline turns back to blue when onFailure is abort", () => {
    const late = record(["WaitGreen"], {}, 601);
    const trouble = "ImagePullBackOff: no such image";
    const decision = ask(
      cluster([...blues(), ...greens({ ...silent, ready: false, trouble })]),
      late,
      { apart: BLIP },
    );
    assert.equal(decision.abort?.code, "EMQX_PROGRESS_DEADLINE");
    assert.match(decision.abort.message, /c-core-green-0: not Ready.*no such image/);
    assert.equal(decision.failed, undefined);
  });

  test("a missed deadline keeps green when onFailure is hold", () => {
    const late = record(["WaitGreen"], {}, 601);
    const observation = cluster([...blues(), ...greens({ ready: false })]);
    const decision = ask(observation, late, { apart: BLIP }, wanted({ onFailure: "hold" }));
    assert.equal(decision.failed?.code, "EMQX_PROGRESS_DEADLINE");
    assert.deepEqual(decision.actions, []);
  });

  test("nodes that are Ready but see nothing of each other are named by the diagnosis", () => {
    const view = { "emqx@c-core-green-0": "running" as const };
    const observation = cluster([...blues(), node("green", 0, { view }), node("green", 1)]);
    const { abort } = ask(observation, record(["WaitGreen"], {}, 601), { apart: BLIP });
    assert.match(
      abort?.message ?? "",
      /c-core-green-0: Ready, EMQX answers, does not see 3 of 4 nodes/,
    );
  });

  test("a first deployment that misses its deadline fails and keeps its pods", () => {
    const story = record(["WaitGreen"], { from: null }, 601);
    const observation = cluster(greens({ ready: false }), { service: on(null, []) });
    const decision = ask(observation, story, { apart: BLIP });
    assert.equal(decision.failed?.code, "EMQX_PROGRESS_DEADLINE");
  });

  test("a blip long after the deadline, as at the gate or between two runs, misses none", () => {
    const late = record(["WaitGreen", "Gate"], {}, 6_001);
    const nodes = cluster([...blues(), node("green", 0), node("green", 1, silent)]);
    const at = (held: Held) => ask(nodes, late, held);
    assert.equal(at({ apart: BLIP - 1 }).abort, undefined);
    assert.equal(at({ apart: BLIP }).abort?.code, "EMQX_PROGRESS_DEADLINE");
    const settling = cluster([...blues(), ...greens()]);
    assert.equal(ask(settling, late, { joined: 1_000 }).abort, undefined);
    const apart = (observation: Observation) => conditions(observation, wanted(), late).apart;
    assert.deepEqual([apart(nodes), apart(settling)], [true, false]);
    const short = wanted({ progressDeadlineSeconds: 5 });
    assert.ok(ask(nodes, late, { apart: 5_000 }, short).abort);
  });

  test("an image that cannot be pulled ends the wait early, but not at once", () => {
    const broken = greens({ ...silent, ready: false, reason: "ImagePullBackOff" });
    const observation = cluster([...blues(), ...broken]);
    assert.equal(ask(observation, waiting, { hopeless: HOPELESS_PATIENCE - 1 }).abort, undefined);
    const decision = ask(observation, waiting, { hopeless: HOPELESS_PATIENCE });
    assert.match(decision.abort?.message ?? "", /green cannot start/);
  });
});

describe("the gate", () => {
  const waiting = record(["WaitGreen"]);
  const manual = wanted({ gate: "manual" });

  test("waits for a person before the switch", () => {
    const decision = ask(cluster([...blues(), ...greens()]), waiting, settled, manual);
    assert.equal(decision.phase, "Gate");
    assert.match(decision.waitingFor, /promote/);
  });

  test("opens by annotation, which is consumed once the Service has been switched", () => {
    const both = [...blues(), ...greens()];
    const decision = ask(cluster(both, { control: "promote" }), waiting, settled, manual);
    assert.deepEqual(decision.actions, [
      { do: "select", role: "core", revision: "green", core: "green" },
    ]);
    const obeyed = cluster(both, { control: "promote", service: greenService });
    assert.deepEqual(ask(obeyed, waiting, settled, manual).actions, [{ do: "clearControl" }]);
    const idle = cluster(greens(), { control: "promote", service: greenService });
    assert.deepEqual(ask(idle, fresh).actions, [{ do: "clearControl" }]);
  });

  test("does not open by an order that was given before the rollout: for another one", () => {
    const early = cluster([...blues(), ...greens()], { control: "promote" });
    const ended = { ...waiting.current!, finishedAt: new Date(NOW).toISOString() };
    const decision = ask(early, { ...waiting, current: ended }, settled, manual);
    assert.deepEqual(decision.actions, [{ do: "clearControl" }]);
  });

  test("does not hold up a first deployment", () => {
    const decision = ask(cluster(greens(), { service: on(null, []) }), fresh, settled, manual);
    assert.equal(decision.phase, "Promote");
  });
});

describe("the switch", () => {
  const promoted = record(["WaitGreen", "Promote"]);
  const both = [...blues({ connections: 5, liveConnections: 5 }), ...greens()];

  test("is one write, once green is complete", () => {
    const decision = ask(cluster(both), record(["WaitGreen"]));
    assert.deepEqual(decision.actions, [
      { do: "select", role: "core", revision: "green", core: "green" },
    ]);
  });

  test("is written again when somebody takes the selector away in the middle of the drain", () => {
    const decision = ask(cluster(both, { service: on("blue", []) }));
    assert.deepEqual(decision.actions, [
      { do: "select", role: "core", revision: "green", core: "green" },
    ]);
  });

  test("is not believed before the EndpointSlices list exactly green", () => {
    const service = on("green", ["c-core-green-0", "c-core-green-1", "c-core-blue-0"]);
    const decision = ask(cluster(both, { service }), promoted);
    assert.match(decision.waitingFor, /list exactly the green/);
    assert.deepEqual(decision.actions, []);
  });

  test("fails with a diagnosis when the EndpointSlices never follow", () => {
    const late = record(["Promote"], {}, 601);
    const observation = cluster(both, { service: on("green", ["c-core-green-0"]) });
    const decision = ask(observation, late, { ...settled, unswitched: BLIP });
    assert.equal(decision.failed?.code, "EMQX_PROGRESS_DEADLINE");
    assert.match(decision.failed.message, /EndpointSlices/);
    const blip = { ...settled, unswitched: BLIP - 1 };
    assert.equal(ask(observation, late, blip).failed, undefined);
    assert.equal(conditions(observation, wanted(), late).unswitched, true);
  });

  test("is followed by initialDelaySeconds", () => {
    const held = { ...settled, switched: 8_500 };
    const decision = ask(cluster(both, { service: greenService }), promoted, held);
    assert.match(decision.waitingFor, /initialDelaySeconds, 2 s left/);
  });

  test("waits for blue to be left alone, but not for ever", () => {
    const observation = cluster(both, { service: greenService });
    const busy = { ...settled, quiet: 0, switched: 11_000 };
    assert.match(ask(observation, promoted, busy).waitingFor, /stop arriving/);
    const patient = { ...busy, switched: 10_000 + QUIET_PATIENCE };
    assert.equal(ask(observation, promoted, patient).actions[0]?.do, "evacuate");
  });

  test("a replaced Service gets its selector again, the dashboard's too", () => {
    const select = { do: "select", role: "core", revision: "green", core: "green" };
    const bare = { ...greenService, selects: null };
    assert.deepEqual(ask(cluster(greens(), { service: bare }), fresh).actions, [select]);
    const service = { ...greenService, dashboardSelects: null };
    assert.deepEqual(ask(cluster(greens(), { service }), fresh).actions, [select]);
  });
});

describe("the drain", () => {
  const loaded = [...blues({ connections: 5, liveConnections: 5 }), ...greens()];

  test("starts with the highest ordinal, names the green nodes as targets and uses the whole rate", () => {
    const decision = ask(cluster(loaded, { service: greenService }));
    assert.deepEqual(decision.actions, [
      {
        do: "evacuate",
        node: "emqx@c-core-blue-1",
        pod: "c-core-blue-1",
        connEvictRate: 100,
        sessEvictRate: 50,
        waitTakeover: 10,
        waitHealthCheck: 0,
        migrateTo: ["emqx@c-core-green-1", "emqx@c-core-green-0"],
      },
    ]);
  });

  test("begins nothing new and deletes nothing while a green node is down", () => {
    const drained = evacuating("prohibiting");
    const nodes = [node("blue", 0, { liveConnections: 3 }), node("blue", 1, drained)];
    const green = [node("green", 0), node("green", 1, { ready: false })];
    const decision = ask(cluster([...nodes, ...green], { service: greenService }));
    assert.deepEqual(decision.actions, []);
    assert.equal(decision.phase, "Evacuate");
    assert.match(decision.waitingFor, /1\/2 green/);
  });

  test("stops the evacuations when no green node is left to go to", () => {
    const moving = blues({ ...evacuating("evicting_conns"), liveConnections: 3 });
    const observation = cluster([...moving, ...greens({ ready: false })], {
      service: greenService,
    });
    assert.deepEqual(
      ask(observation).actions.map((action) => action.do),
      ["stopEvacuation", "stopEvacuation"],
    );
  });

  test("cuts nobody while a green node is silent: whether clients come back cannot be seen", () => {
    const nodes = [
      node("blue", 0, { ...evacuating("evicting_sessions"), connections: 3 }),
      node("blue", 1, { ...evacuating("evicting_conns"), liveConnections: 3 }),
      node("green", 0),
      node("green", 1, silent),
    ];
    const observation = cluster(nodes, { service: greenService });
    const after = (unknown: number) =>
      ask(observation, undefined, { ...settled, "emqx@c-core-green-1 unknown": unknown }).actions;
    assert.deepEqual(after(RETURN_MILLISECONDS - 1), []);
    assert.deepEqual(after(RETURN_MILLISECONDS), [
      { do: "stopEvacuation", node: "emqx@c-core-blue-1", pod: "c-core-blue-1" },
    ]);
  });

  test("judges who comes back also while a green node is missing", () => {
    const blue = (liveConnections: number) =>
      blues({ ...evacuating("evicting_conns"), liveConnections, connections: liveConnections });
    const at = (left: number) => {
      const nodes = [...blue(left), node("green", 0)];
      const observation = cluster(nodes, { service: on("green", ["c-core-green-0"]) });
      observation.sets[1]!.replicas = 2;
      return observation;
    };
    const phases = record(["WaitGreen", "Promote", "Evacuate"]);
    const past = { older: at(100), recent: at(50) };
    const decision = decide(at(40), wanted(), phases, settled, NOW, past);
    assert.ok(decision.away);
    assert.deepEqual(
      decision.actions.map((action) => action.do),
      ["stopEvacuation", "stopEvacuation"],
    );
  });

  test("holds while the Service lists a blue node again", () => {
    const drained = [node("blue", 0, evacuating("prohibiting"))];
    const service = on("green", ["c-core-green-0", "c-core-green-1", "c-core-blue-0"]);
    const decision = ask(cluster([...drained, ...greens()], { service }));
    assert.deepEqual(decision.actions, []);
    assert.match(decision.waitingFor, /list green only/);
  });

  test("fails at its deadline with the figures, and leaves both colours running", () => {
    const story = record(["WaitGreen", "Promote", "Evacuate"], {}, 31);
    const observation = cluster(loaded, { service: greenService });
    const desired = wanted({ drainDeadlineSeconds: 30 });
    const decision = ask(observation, story, settled, desired);
    assert.equal(decision.failed?.code, "EMQX_DRAIN_DEADLINE");
    assert.match(decision.failed.message, /10 connections and 0 sessions/);
    assert.deepEqual(decision.actions, []);
  });

  test("does not fail at its deadline when everything is drained already", () => {
    const story = record(["WaitGreen", "Promote", "Evacuate"], {}, 31);
    const observation = cluster([...blues(evacuating("prohibiting")), ...greens()], {
      service: greenService,
    });
    const decision = ask(observation, story, settled, wanted({ drainDeadlineSeconds: 30 }));
    assert.equal(decision.failed, undefined);
    assert.deepEqual(decision.actions, [
      { do: "scaleSet", role: "core", set: "c-core-blue", replicas: 0 },
    ]);
  });
});

describe("nodes that stay", () => {
  test("are freed from any evacuation", () => {
    const nodes = [node("green", 0, evacuating("prohibiting", [])), node("green", 1)];
    const decision = ask(cluster(nodes, { service: greenService }), fresh);
    assert.deepEqual(decision.actions, [
      { do: "stopEvacuation", node: "emqx@c-core-green-0", pod: "c-core-green-0" },
    ]);
  });

  test("are not asked to stop an evacuation whose state is unknown", () => {
    const nodes = [node("green", 0, { evacuation: { state: "unknown" } }), node("green", 1)];
    assert.deepEqual(ask(cluster(nodes, { service: greenService }), fresh).actions, []);
  });
});

describe("evacuations for a goal that was given up", () => {
  // A third specification: blue was on its way to red when green became the goal.
  const toRed = (state: EvacuationState, recipients: string[]) => [
    node("blue", 0, { ...evacuating(state, recipients), liveConnections: 5, connections: 5 }),
    node("blue", 1, { liveConnections: 5, connections: 5 }),
    node("red", 0, { liveConnections: 5, connections: 5 }),
  ];
  const service = on("red", ["c-core-red-0"]);
  const does = (nodes: NodeObservation[], story = record()) =>
    ask(cluster(nodes, { service }), story).actions;

  test("end before green is created, for they send clients to a set that leaves", () => {
    const stop = [{ do: "stopEvacuation", node: "emqx@c-core-blue-0", pod: "c-core-blue-0" }];
    assert.deepEqual(does(toRed("evicting_conns", ["emqx@c-core-red-0"])), stop);
    assert.deepEqual(does(toRed("evicting_sessions", ["emqx@c-core-red-0"])), stop);
  });

  test("are not those that somebody began within a set, nor those of our own drain", () => {
    const inspect = [{ do: "inspect" }];
    assert.deepEqual(does(toRed("evicting_conns", ["emqx@c-core-blue-1"])), inspect);
    assert.deepEqual(does(toRed("evicting_conns", [])), inspect);
    assert.deepEqual(does(toRed("evicting_conns", ["emqx@c-core-red-0", "emqx@else"])), inspect);
    const draining = does(
      [...toRed("prohibiting", ["emqx@c-core-red-0"]), ...greens()],
      record(["Evacuate"]),
    );
    assert.ok(!draining.some((action) => action.do === "stopEvacuation"));
  });

  test("end before the names of gone pods are waited for, when the goal is blue again", () => {
    const nodes = [
      node("blue", 0, { ...evacuating("evicting_conns"), liveConnections: 5, connections: 5 }),
      node("blue", 1, { terminating: true }),
      ...greens(),
    ];
    const observation = cluster(nodes, { service: greenService });
    observation.sets[0]!.replicas = 1;
    const back = { ...wanted(), revision: "blue" };
    assert.deepEqual(ask(observation, record([], { to: "blue" }), settled, back).actions, [
      { do: "stopEvacuation", node: "emqx@c-core-blue-0", pod: "c-core-blue-0" },
    ]);
  });
});

describe("sets that never served", () => {
  const failed = afterFailures(record(["WaitGreen"], { to: "green" }), "red");
  const red = (changes = {}) => node("red", 0, { ...silent, ready: false, ...changes });
  const mute: Held = { ...settled, "emqx@c-core-red-0 unknown": MUTE };

  test("are removed without a drain, so that a corrected image is not held up", () => {
    const after = (held: Held, changes = {}) =>
      ask(cluster([...blues(), ...greens(), red(changes)]), failed, held).actions;
    const removed = [{ do: "scaleSet", role: "core", set: "c-core-red", replicas: 0 }];
    assert.deepEqual(after(mute), removed);
    assert.deepEqual(after(settled, { down: true }), removed);
    // Somebody may have moved sessions there: a node that is up is waited for.
    const waits = after({ ...mute, "emqx@c-core-red-0 unknown": MUTE - 1 });
    assert.ok(!waits.some((action) => action.do === "scaleSet"));
  });

  test("are deleted when their pods are gone, and do not block while pods end", () => {
    const observation = cluster([...blues(), ...greens()]);
    const set = {
      role: "core" as const,
      name: "c-core-red",
      revision: "red",
      replicas: 0,
      pods: 1,
      image: "x",
      createdAt: 3,
      deleting: false,
    };
    observation.sets.push(set);
    assert.equal(ask(observation, failed).actions[0]?.do, "select");
    set.pods = 0;
    assert.deepEqual(ask(observation, failed).actions, [
      { do: "deleteSet", role: "core", set: "c-core-red", revision: "red" },
    ]);
  });

  for (const [why, change] of Object.entries({
    "are drained when clients reached them all the same": { nodes: { connections: 1 } },
    "do not include a set that was promoted before": { promoted: true },
    "do not include a set that the Service selects": { selected: true },
    "do not include a set that no rollout on record has made": { unknown: true },
  })) {
    test(why, () => {
      const nodes = [
        ...greens(),
        red("nodes" in change ? { reachable: true, ...change.nodes } : {}),
      ];
      const young: RolloutRecord = { ...record(["WaitGreen"], { from: null }), active: null };
      const story = "unknown" in change ? young : afterFailures(young, "red");
      if ("promoted" in change) story.history.push({ ...record(["Promote"]).current!, to: "red" });
      const service = "selected" in change ? on("red", []) : greenService;
      const { actions } = ask(cluster(nodes, { service }), story, mute);
      assert.ok(!actions.some((action) => action.do === "scaleSet"), JSON.stringify(actions));
    });
  }
});

describe("control", () => {
  test("pause stops all writes and keeps the phase", () => {
    const observation = cluster([...blues(), ...greens()], {
      control: "pause",
      service: greenService,
    });
    const decision = ask(observation);
    assert.deepEqual(decision.actions, []);
    assert.equal(decision.phase, "Evacuate");
    assert.match(decision.waitingFor, /paused/);
  });

  test("resume is taken off once nothing is paused or held, lest it ends a later hold", () => {
    const resumed = cluster([...blues(), ...greens()], {
      control: "resume",
      service: greenService,
    });
    assert.deepEqual(ask(resumed).actions, [{ do: "clearControl" }]);
    const ignored = { until: 9, since: new Date(NOW).toISOString(), ignored: true as const };
    const going = record(["WaitGreen", "Promote", "Evacuate"], { away: ignored });
    assert.deepEqual(ask(resumed, going).actions, [{ do: "clearControl" }]);
  });

  test("abort turns back to blue", () => {
    const observation = cluster([...blues(), ...greens()], {
      control: "abort",
      service: greenService,
    });
    const decision = ask(observation);
    assert.equal(decision.abort?.code, "EMQX_ROLLOUT_ABORTED");
    const aborting = record(["WaitGreen", "Promote", "Evacuate"], { aborting: true });
    assert.deepEqual(ask(observation, aborting).actions, [{ do: "clearControl" }]);
  });

  test("abort without a revision to go back to fails and changes nothing", () => {
    const observation = cluster(greens(), { control: "abort", service: greenService });
    const decision = ask(observation, fresh);
    assert.equal(decision.failed?.code, "EMQX_ROLLOUT_HELD");
    assert.match(decision.failed.message, /nothing was changed/);
  });

  test("abort of a rollout that was held turns back to what was there before it", () => {
    const observation = cluster([...blues(), ...greens({ connections: 1 })], {
      control: "abort",
      service: greenService,
    });
    const held = record(["Evacuate"], { phase: "Held", finishedAt: new Date(NOW).toISOString() });
    assert.equal(ask(observation, held).abort?.code, "EMQX_ROLLOUT_ABORTED");
    const other = { ...held, current: { ...held.current!, to: "red" } };
    assert.equal(ask(observation, other).failed?.code, "EMQX_ROLLOUT_HELD");
  });

  test("abort in Retire grows an empty blue again, as long as its set is there and its size is known", () => {
    const observation = cluster(greens(), { control: "abort", service: greenService });
    const [green] = observation.sets;
    assert.ok(green);
    const empty = { ...green, name: "c-core-blue", revision: "blue", replicas: 0, pods: 0 };
    observation.sets = [empty, green];
    const retiring = (before: { core?: number }) =>
      record(["WaitGreen", "Promote", "Evacuate", "Retire"], { before });
    assert.equal(ask(observation, retiring({ core: 2 })).abort?.code, "EMQX_ROLLOUT_ABORTED");
    assert.equal(ask(observation, retiring({})).failed?.code, "EMQX_ROLLOUT_HELD");
    const aborting = record(["Retire"], { before: { core: 2 }, aborting: true });
    const again = ask({ ...observation, control: null }, aborting);
    assert.deepEqual(again.actions, [
      { do: "scaleSet", role: "core", set: "c-core-blue", replicas: 2 },
    ]);
    observation.sets = [{ ...empty, deleting: true }, green];
    assert.equal(ask(observation, retiring({ core: 2 })).failed?.code, "EMQX_ROLLOUT_HELD");
  });

  test("after an abort blue is the target: its evacuations end, it is promoted, green leaves", () => {
    const story = record(["WaitGreen", "Promote", "Evacuate"], { aborting: true });
    const moving = blues({ ...evacuating("evicting_conns"), liveConnections: 2, connections: 2 });
    const green = greens({ connections: 3, liveConnections: 3 });
    const stop = ask(cluster([...moving, ...green], { service: greenService }), story);
    assert.deepEqual(
      stop.actions.map((action) => action.do),
      ["stopEvacuation", "stopEvacuation"],
    );
    const back = ask(cluster([...blues(), ...green], { service: greenService }), story);
    assert.deepEqual(back.actions, [
      { do: "select", role: "core", revision: "blue", core: "blue" },
    ]);
    const away = ask(cluster([...blues(), ...green]), story);
    assert.equal(away.actions[0]?.do === "evacuate" && away.actions[0].node, "emqx@c-core-green-1");
  });

  test("an abort ends as a failure that says what serves now", () => {
    const story = record(["Evacuate"], {
      aborting: true,
      failureCode: "EMQX_PROGRESS_DEADLINE",
      message: "green was late",
    });
    const decision = ask(cluster(blues()), story);
    assert.equal(decision.failed?.code, "EMQX_PROGRESS_DEADLINE");
    assert.match(decision.failed.message, /green was late\nRevision blue serves again/);
    const plain = ask(cluster(blues()), record(["Evacuate"], { aborting: true }));
    assert.equal(plain.failed?.code, "EMQX_ROLLOUT_ABORTED");
    assert.match(plain.failed.message, /the rollout was aborted/);
  });
});

describe("the end", () => {
  test("stopped nodes are told to leave by a node that stays", () => {
    const observation = cluster(greens(), {
      service: greenService,
      stopped: ["emqx@c-core-blue-0"],
    });
    const decision = ask(observation);
    assert.deepEqual(decision.actions, [
      { do: "forceLeave", node: "emqx@c-core-blue-0", via: ["c-core-green-0", "c-core-green-1"] },
    ]);
  });

  test("a node without pod that still counts as running is waited for, never forced out", () => {
    const observation = cluster(greens(), {
      service: greenService,
      alsoRunning: ["emqx@c-core-blue-0"],
    });
    const decision = ask(observation);
    assert.deepEqual(decision.actions, []);
    assert.match(decision.waitingFor, /c-core-blue-0 is gone/);
  });

  test("one node that believes in a running peer outweighs the others", () => {
    const observation = cluster(greens(), {
      service: greenService,
      stopped: ["emqx@c-core-blue-0"],
    });
    const believer = observation.nodes[0]!;
    believer.view = { ...believer.view, "emqx@c-core-blue-0": "running" };
    assert.deepEqual(ask(observation).actions, []);
  });

  test("is reached when exactly the wanted nodes serve, without a write", () => {
    const decision = ask(cluster(greens(), { service: greenService }));
    assert.equal(decision.done, true);
    assert.deepEqual(decision.actions, []);
  });
});

describe("conditions", () => {
  const both = [...blues({ connectedTotal: 7 }), ...greens()];
  const at = (nodes = both, before = both, changes = {}) =>
    conditions(cluster(nodes, changes), wanted(), record(), cluster(before));

  test("quiet compares blue's connect counters with the look before", () => {
    assert.equal(at().quiet, true);
    assert.equal(at(both, [...blues({ connectedTotal: 6 }), ...greens()]).quiet, false);
    assert.equal(conditions(cluster(both), wanted(), record()).quiet, false);
    assert.equal(at([...blues(silent), ...greens()]).quiet, false);
  });

  test("joined and switched follow readiness and EndpointSlices", () => {
    assert.equal(at().joined, true);
    assert.equal(at().switched, false);
    assert.equal(at(both, both, { service: greenService }).switched, true);
    assert.equal(at([...blues(), node("green", 0)]).joined, false);
  });

  test("hopeless looks at green only", () => {
    const broken = { reason: "ErrImageNeverPull", ready: false };
    assert.equal(at([...blues(broken), ...greens()]).hopeless, false);
    assert.equal(at([...blues(), ...greens(broken)]).hopeless, true);
    assert.equal(
      at([...blues(), ...greens({ ready: false, reason: "CrashLoopBackOff" })]).hopeless,
      true,
    );
    assert.equal(
      at([...blues(), ...greens({ ready: false, reason: "Restarted" })]).hopeless,
      false,
    );
  });

  test("the age of each node's state is tracked by name, also of those that stay", () => {
    assert.equal(at()["emqx@c-core-blue-0 disabled"], true);
    assert.equal(at()["emqx@c-core-green-0 disabled"], true);
    assert.equal(at()["emqx@c-core-blue-0 empty"], true);
    assert.equal(at([...blues(silent), ...greens()])["emqx@c-core-blue-0 unknown"], true);
  });
});
