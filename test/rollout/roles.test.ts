/** The rules for a cluster of cores and replicants, and for releases without evacuation. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { conditions } from "../../components/rollout/conditions";
import { decide } from "../../components/rollout/decide";
import { look } from "../../components/rollout/look";
import type {
  Away,
  Decision,
  Desired,
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
  node,
  NOW,
  on,
  record,
  replicant,
  settled,
  silent,
  wanted,
} from "./fixtures";

const both = (changes: Partial<Desired> = {}): Desired => ({
  ...wanted(),
  replicants: { revision: "greenr", replicas: 2 },
  ...changes,
});
const replicants = (revision: string, changes: Partial<NodeObservation> = {}) => [
  replicant(revision, 0, changes),
  replicant(revision, 1, changes),
];
const old = () => [...blues(), ...replicants("bluer")];
const green = () => [...greens(), ...replicants("greenr")];
const story = (...phases: Parameters<typeof record>[0] & object) =>
  record(phases, { from: "blue/bluer", to: "green/greenr" });
const promoted: Observation["service"] = {
  ...on("greenr", ["c-replicant-greenr-0", "c-replicant-greenr-1"]),
  dashboardSelects: "green",
};
const before: Observation["service"] = {
  ...on("bluer", ["c-replicant-bluer-0", "c-replicant-bluer-1"]),
  dashboardSelects: "blue",
};
const ask = (
  observation: Observation,
  entry: RolloutRecord = story("WaitGreen", "Promote", "Evacuate"),
  desired: Desired = both(),
  held: Held = settled,
): Decision => decide(observation, desired, { ...entry, active: "blue/bluer" }, held, NOW);

describe("green cores, then green replicants", () => {
  test("cores are created first", () => {
    const decision = ask(cluster(old(), { service: before, preflight: facts() }), story());
    assert.deepEqual(decision.actions, [
      { do: "createSet", role: "core", revision: "green", replicas: 2 },
    ]);
  });

  test("replicants wait for the cores to join, and need no second preflight", () => {
    const entry = story("Preflight", "CreateGreen", "WaitGreen");
    const early = [...old(), node("green", 0), node("green", 1, { ready: false })];
    assert.deepEqual(ask(cluster(early, { service: before }), entry).actions, []);
    assert.deepEqual(ask(cluster([...old(), ...greens()], { service: before }), entry).actions, [
      { do: "createSet", role: "replicant", revision: "greenr", replicas: 2 },
    ]);
  });

  test("the Service is switched when both roles are there, the dashboard with it", () => {
    const decision = ask(cluster([...old(), ...green()], { service: before }), story("WaitGreen"));
    assert.deepEqual(decision.actions, [
      { do: "select", role: "replicant", revision: "greenr", core: "green" },
    ]);
  });

  test("a dashboard that points elsewhere is put right as well", () => {
    const service = { ...promoted, dashboardSelects: "blue" };
    assert.equal(ask(cluster(green(), { service })).actions[0]?.do, "select");
  });

  test("a blue replicant need not list the green ones, a green one must", () => {
    const all = [...old(), ...green()];
    const deaf = (name: string) =>
      all.map((one) =>
        one.pod === name ? { ...one, view: { [one.node]: "running" as const } } : one,
      );
    const at = (name: string) => ask(cluster(deaf(name), { service: before }), story("WaitGreen"));
    assert.equal(at("c-replicant-bluer-0").phase, "Promote");
    assert.equal(at("c-replicant-greenr-0").phase, "WaitGreen");
  });
});

describe("blue replicants, then blue cores", () => {
  const empty = { "emqx@c-core-blue-0 empty": 9_000, "emqx@c-core-blue-1 empty": 9_000 };

  test("replicants are evacuated first, to green replicants only", () => {
    const busy = { connections: 50, liveConnections: 50 };
    const nodes = [...blues(), ...replicants("bluer", busy), ...green()];
    const [start] = ask(cluster(nodes, { service: promoted })).actions;
    assert.equal(start?.do === "evacuate" && start.pod, "c-replicant-bluer-0");
    const targets = start?.do === "evacuate" ? start.migrateTo : [];
    assert.deepEqual(
      targets,
      replicants("greenr").map((each) => each.node),
    );
  });

  test("no blue core goes while a blue replicant has a pod", () => {
    const held = { ...settled, ...empty };
    const ending = replicants("bluer", { terminating: true });
    const sets = { service: promoted };
    const waiting = ask(
      cluster([...blues(), ...ending, ...green()], sets),
      undefined,
      both(),
      held,
    );
    assert.deepEqual(waiting.actions, []);
    const noPod = cluster([...blues(), ...green()], sets);
    const after = ask(noPod, undefined, both(), held);
    assert.deepEqual(after.actions, [
      { do: "scaleSet", role: "core", set: "c-core-blue", replicas: 0 },
    ]);
    // Its last pod was lost: the Deployment is about to make another, which needs its cores.
    const bluer = cluster(replicants("bluer")).sets.map((set) => ({
      ...set,
      replicas: 1,
      pods: 0,
    }));
    const replacing = { ...noPod, sets: [...bluer, ...noPod.sets] };
    assert.deepEqual(ask(replacing, undefined, both(), held).actions, []);
  });

  test("a drained replicant is named to its Deployment as the one to give up", () => {
    const drained = replicant("bluer", 0, { ready: false, ...evacuating("prohibiting") });
    const busy = replicant("bluer", 1, {
      ready: false,
      connections: 5,
      liveConnections: 5,
      ...evacuating("evicting_conns", ["emqx@10.88.6.0"]),
    });
    const nodes = [...blues(), drained, busy, ...green()];
    assert.deepEqual(ask(cluster(nodes, { service: promoted })).actions, [
      {
        do: "scaleSet",
        role: "replicant",
        set: "c-replicant-bluer",
        replicas: 1,
        victims: ["c-replicant-bluer-0"],
      },
    ]);
  });

  test("an empty replicant that is Ready waits, since one that is not would be given up instead", () => {
    const idle = replicant("bluer", 0);
    const busy = replicant("bluer", 1, {
      ready: false,
      connections: 5,
      ...evacuating("waiting_takeover", ["emqx@10.88.6.0"]),
    });
    const held = { ...settled, ...empty, "emqx@10.88.5.0 empty": 9_000 };
    const nodes = [...blues(), idle, busy, ...green()];
    const observation = cluster(nodes, { service: promoted });
    assert.deepEqual(ask(observation, undefined, both(), held).actions, []);
  });

  test("a Deployment that is replacing a pod is not scaled: its number says nothing", () => {
    const drained = replicant("bluer", 0, evacuating("prohibiting"));
    const observation = cluster([...blues(), drained, ...green()], { service: promoted });
    const set = observation.sets.find(({ revision }) => revision === "bluer");
    assert.ok(set);
    set.replicas = 2;
    const held = { ...settled, ...empty };
    assert.deepEqual(ask(observation, undefined, both(), held).actions, []);
  });

  test("a set of replicants that never served ends before the cores that it needs", () => {
    const nodes = [...old(), ...greens(), replicant("redr", 0), node("red", 0)];
    const failed = afterFailures(story("WaitGreen"), "red/redr");
    const decision = ask(cluster(nodes, { service: before }), failed);
    assert.deepEqual(decision.actions, [
      { do: "scaleSet", role: "replicant", set: "c-replicant-redr", replicas: 0 },
    ]);
    const waits = [...old(), ...greens(), replicant("redr", 0, silent), node("red", 0)];
    const { actions } = ask(cluster(waits, { service: before }), failed);
    assert.ok(!actions.some((action) => action.do === "scaleSet"), "nor while one is waited for");
  });
});

describe("scaling replicants", () => {
  const one = both({ replicants: { revision: "greenr", replicas: 1 } });
  const entry = record(["Evacuate"], { from: "green/greenr", to: "green/greenr" });

  test("the same pod is chosen at every look: the last by name, then the one that evacuates", () => {
    const busy = { connections: 5, liveConnections: 5 };
    const nodes = [...greens(), ...replicants("greenr", busy)];
    const first = ask(cluster(nodes, { service: promoted }), entry, one).actions[0];
    assert.equal(first?.do === "evacuate" && first.pod, "c-replicant-greenr-1");
    const moving = { ...busy, ready: false, ...evacuating("evicting_conns", ["emqx@10.88.6.1"]) };
    const next = [...greens(), replicant("greenr", 0, moving), replicant("greenr", 1, busy)];
    const service = { ...promoted, readyPods: ["c-replicant-greenr-1"] };
    assert.deepEqual(ask(cluster(next, { service }), entry, one).actions, []);
  });

  test("to zero: the Service goes to the cores before a replicant is touched", () => {
    const none = wanted();
    const decision = ask(cluster(green(), { service: promoted }), record(["WaitGreen"]), none);
    assert.deepEqual(decision.actions, [
      { do: "select", role: "core", revision: "green", core: "green" },
    ]);
  });

  test("from zero: replicants come, and the cores' clients stay where they are", () => {
    const service = {
      ...on("green", ["c-core-green-0", "c-core-green-1"]),
      dashboardSelects: "green",
    };
    const busy = greens({ connections: 9, liveConnections: 9 });
    const entry = record([], { from: "green", to: "green/greenr" });
    const create = ask(cluster(busy, { service, preflight: facts() }), entry);
    assert.equal(create.actions[0]?.do, "createSet");
    const done = ask(cluster([...busy, ...replicants("greenr")], { service: promoted }), entry);
    assert.equal(done.done, true);
  });

  test("an autoscaler's number is left alone, and taken over by the next revision", () => {
    const auto = both({
      replicants: { revision: "greenr", replicas: 1, ignoreReplicas: true },
    });
    const settledNow = ask(cluster(green(), { service: promoted }), undefined, auto);
    assert.equal(settledNow.done, true);
    const next = ask(
      cluster([...old(), ...greens()], { service: before }),
      story("CreateGreen", "WaitGreen"),
      auto,
    );
    assert.deepEqual(next.actions, [
      { do: "createSet", role: "replicant", revision: "greenr", replicas: 2 },
    ]);
  });

  test("an autoscaler's number while two sets share the clients is the larger one", () => {
    const auto = both({ replicants: { revision: "greenr", replicas: 1, ignoreReplicas: true } });
    const blueGrew = [...old(), replicant("bluer", 2), ...green()];
    const grown = ask(cluster(blueGrew, { service: before }), story("WaitGreen", "Gate"), auto);
    assert.deepEqual(grown.actions, [
      { do: "scaleSet", role: "replicant", set: "c-replicant-greenr", replicas: 3 },
    ]);
    const shrunk = [...blues(), replicant("bluer", 0), ...green()];
    const back = {
      ...auto,
      revision: "blue",
      replicants: { ...auto.replicants!, revision: "bluer" },
    };
    const reverted = record(["WaitGreen"], { from: "green/greenr", to: "blue/bluer" });
    assert.deepEqual(ask(cluster(shrunk, { service: promoted }), reverted, back).actions, [
      { do: "scaleSet", role: "replicant", set: "c-replicant-bluer", replicas: 2 },
    ]);
  });

  test("an abort leaves an autoscaler's blue as large as it has become", () => {
    const entry = record(["WaitGreen"], {
      from: "blue/bluer",
      to: "green/greenr",
      aborting: true,
      before: { core: 2, replicant: 2 },
    });
    const observation = cluster([...old(), replicant("bluer", 2), ...green()], {
      service: on(
        "bluer",
        [0, 1, 2].map((number) => `c-replicant-bluer-${number}`),
      ),
    });
    observation.service.dashboardSelects = "blue";
    const leaves = (ignoreReplicas: boolean) => {
      const replicants = { revision: "greenr", replicas: 2, ignoreReplicas };
      const { leaving } = look(observation, both({ replicants }), entry, settled, NOW);
      return leaving.some(({ revision }) => revision === "bluer");
    };
    assert.deepEqual([leaves(true), leaves(false)], [false, true]);
  });

  test("a stopped replicant is not told to leave: EMQX refuses that and forgets it by itself", () => {
    const observation = cluster(green(), { service: promoted, stopped: ["emqx@10.88.9.9"] });
    assert.equal(ask(observation).done, true);
  });
});

describe("turning back", () => {
  test("needs the sets of both roles", () => {
    const abort = { control: "abort" as const, service: promoted };
    assert.equal(ask(cluster([...old(), ...green()], abort)).phase, "Aborting");
    assert.equal(ask(cluster([...blues(), ...green()], abort)).phase, "Held");
  });

  test("makes the old replicants the target with as many as there are", () => {
    const entry = record(["WaitGreen", "Promote", "Evacuate", "Aborting"], {
      from: "blue/bluer",
      to: "green/greenr",
      aborting: true,
    });
    const nodes = [...old(), replicant("bluer", 2), ...green()];
    const decision = ask(cluster(nodes, { service: promoted }), entry, wanted());
    assert.deepEqual(decision.actions, [
      { do: "select", role: "replicant", revision: "bluer", core: "blue" },
    ]);
  });
});

describe("without evacuation", () => {
  const without = {
    connections: 5,
    liveConnections: 5,
    evacuation: { state: "unsupported" as const },
  };
  const service = {
    ...on("green", ["c-core-green-0", "c-core-green-1"]),
    dashboardSelects: "green",
  };
  const entry = record(["WaitGreen", "Promote", "Evacuate"]);
  const shrink = (nodes: NodeObservation[], calm: number) =>
    decide(cluster(nodes, { service }), wanted(), entry, { ...settled, calm }, NOW).actions;

  test("one node goes when the others have held for waitTakeover", () => {
    const nodes = [...blues(without), ...greens({ evacuation: { state: "unsupported" } })];
    assert.deepEqual(shrink(nodes, 9_999), []);
    assert.deepEqual(shrink(nodes, 10_000), [
      { do: "scaleSet", role: "core", set: "c-core-blue", replicas: 1 },
    ]);
  });

  test("nobody else goes while one is going, or while a green node is not Ready", () => {
    const [first, second] = blues(without);
    assert.ok(first && second);
    const going = [first, { ...second, terminating: true }, ...greens()];
    assert.deepEqual(
      shrink(going, 60_000).filter((action) => action.do === "scaleSet" && action.replicas < 1),
      [],
    );
    const weak = [...blues(without), node("green", 0), node("green", 1, { ready: false })];
    assert.deepEqual(shrink(weak, 60_000), []);
  });
});

describe("in place", () => {
  const rolling = { ...wanted(), revision: "rolling", rolling: { template: "two" } };
  const pods = (...templates: string[]) =>
    templates.map((template, ordinal) => node("rolling", ordinal, { template }));
  const at = (nodes: NodeObservation[], template: string, changes: Partial<Observation> = {}) => {
    const observation = cluster(nodes, {
      service: on(
        "rolling",
        nodes.map(({ pod }) => pod),
      ),
      ...changes,
    });
    for (const set of observation.sets) set.template = template;
    const entry = record(["CreateGreen", "WaitGreen"], { from: "rolling", to: "rolling" });
    return decide(observation, rolling, { ...entry, active: "rolling" }, settled, NOW);
  };

  test("the one set gets the new template", () => {
    assert.deepEqual(at(pods("one", "one"), "one").actions, [
      { do: "createSet", role: "core", revision: "rolling", replicas: 2 },
    ]);
  });

  test("and Kubernetes is waited for until every pod is of it", () => {
    assert.equal(at(pods("one", "two"), "two").phase, "WaitGreen");
    assert.equal(at(pods("two", "two"), "two").done, true);
  });
});

describe("settings", () => {
  const desired = { ...both(), settings: { config: "new", license: "same" } };
  const with_ = (config: string, nodes = green()) => {
    const observation = cluster(nodes, { service: promoted });
    for (const set of observation.sets) set.settings = { config, license: "same" };
    return observation;
  };

  test("go through one of the cores, for the ConfigMaps of both roles", () => {
    assert.deepEqual(ask(with_("old"), undefined, desired).actions, [
      {
        do: "configure",
        revisions: ["green", "greenr"],
        via: ["c-core-green-1", "c-core-green-0"],
      },
    ]);
    assert.equal(ask(with_("new"), undefined, desired).done, true);
  });

  test("wait until one revision is alone: a mixed cluster takes no change", () => {
    const decision = ask(with_("old", [...old(), ...green()]), undefined, desired);
    assert.ok(!decision.actions.some((action) => action.do === "configure"));
  });

  test("are not put into force in a revision that is gone back to: it keeps its own", () => {
    const observation = with_("old", green());
    const aborting = record(["WaitGreen", "Promote"], {
      from: "green/greenr",
      to: "red/redr",
      aborting: true,
    });
    const red = { ...desired, revision: "red", replicants: { revision: "redr", replicas: 2 } };
    assert.equal(ask(observation, aborting, red).failed?.code, "EMQX_ROLLOUT_ABORTED");
  });

  test("the licence alone goes to green while evicted clients stay away: it may be why", () => {
    const observation = with_("old", [...old(), ...green()]);
    for (const set of observation.sets) set.settings = { config: "old", license: "old" };
    const held = story("WaitGreen", "Promote", "Evacuate");
    const renews = (away?: Away) =>
      ask(observation, { ...held, current: { ...held.current!, away } }, desired).actions.filter(
        (action) => action.do === "renewLicense" || action.do === "configure",
      );
    const away = { until: 9, since: new Date(NOW).toISOString() };
    assert.deepEqual(renews(away), [
      {
        do: "renewLicense",
        revisions: ["green", "greenr"],
        via: ["c-core-green-1", "c-core-green-0"],
      },
    ]);
    assert.deepEqual(renews({ ...away, ignored: true }), []);
    assert.deepEqual(renews(), []);
  });

  test("wait for a core that is up but cannot be asked, and are noted in the end with a warning", () => {
    const mute = (changes: Partial<NodeObservation>) =>
      with_("old", [...greens({ ...silent, ...changes }), ...replicants("greenr")]);
    const at = (unasked: number, changes: Partial<NodeObservation> = {}) =>
      ask(mute(changes), undefined, desired, { ...settled, unasked });
    assert.deepEqual(at(59_999).actions, []);
    assert.match(at(59_999).waitingFor, /EMQX to take the new settings/);
    const noted = { do: "configure", revisions: ["green", "greenr"], via: [] };
    assert.deepEqual(at(60_000).actions, [noted]);
    assert.match(at(60_000).warnings?.join() ?? "", /after its next start only/);
    assert.deepEqual(at(0, { ready: false, down: true }).actions, [noted]);
    const unasked = (changes: Partial<NodeObservation>) =>
      conditions(mute(changes), desired, story()).unasked;
    assert.deepEqual([unasked({}), unasked({ down: true })], [true, false]);
    assert.equal(conditions(with_("old"), desired, story()).unasked, false);
  });

  test("the first settings of a cluster that had none are put into force, the last are noted as gone", () => {
    const none = cluster(green(), { service: promoted });
    const does = (observation: Observation, settings?: Desired["settings"]) =>
      ask(observation, undefined, { ...both(), settings }).actions.map((action) => action.do);
    assert.deepEqual(does(none, { config: "new" }), ["configure"]);
    assert.deepEqual(does(none, { license: "new" }), ["renewLicense"]);
    assert.deepEqual(does(with_("old"), { license: "same" }), ["configure"]);
    assert.deepEqual(does(none, {}), []);
  });

  test("are not looked at where the revision covers them", () => {
    assert.equal(ask(with_("old"), undefined, both()).done, true);
  });

  test("a licence for fewer sessions than there are is not renewed", () => {
    const observation = with_("new", [...greens({ connections: 20 }), ...replicants("greenr")]);
    for (const set of observation.sets) set.settings = { config: "new", license: "old" };
    const license = { type: "evaluation" as const, maxSessions: 25 };
    const decision = ask(observation, undefined, { ...desired, license });
    assert.equal(decision.failed?.code, "EMQX_LICENSE_REJECTED");
    assert.match(decision.failed.message, /40 sessions.*for 25/s);
    const enough = { ...license, maxSessions: 40 };
    assert.deepEqual(
      ask(observation, undefined, { ...desired, license: enough }).actions.map(
        ({ do: what }) => what,
      ),
      ["renewLicense"],
    );
  });

  test("a licence is renewed before the configuration", () => {
    const observation = with_("old");
    for (const set of observation.sets) set.settings = { config: "old", license: "old" };
    const actions = ask(observation, undefined, desired).actions.map((action) => action.do);
    assert.deepEqual(actions, ["renewLicense", "configure"]);
  });
});

describe("the way back of a change that also lowers the number", () => {
  test("has as many cores as there were", () => {
    const nodes = [...blues(), node("blue", 2), node("green", 0)];
    const aborting = record(["WaitGreen", "Promote"], { aborting: true, before: { core: 3 } });
    const observation = cluster(nodes, { service: on("green", ["c-core-green-0"]) });
    const { actions } = decide(observation, wanted({}, 1), aborting, settled, NOW);
    assert.deepEqual(actions, [{ do: "select", role: "core", revision: "blue", core: "blue" }]);
    const unknown = record(["WaitGreen", "Promote"], { aborting: true });
    const forgotten = decide(observation, wanted({}, 1), unknown, settled, NOW);
    assert.equal(forgotten.actions[0]?.do, "select");
  });
});
