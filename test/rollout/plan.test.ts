import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planOf, type Situation } from "../../components/rollout/plan";
import { emptyRecord } from "../../components/rollout/record";
import type { Desired, NodeObservation, Observation } from "../../components/rollout/types";
import { blues, cluster, greens, node, on, replicant, wanted } from "./fixtures";

const busy = { liveConnections: 500, connections: 600 };
const unsupported = { evacuation: { state: "unsupported" as const } };
const both = (replicas: number, revision = "rgreen"): Desired => ({
  ...wanted(),
  replicants: { revision, replicas },
});
const set = (revision: string, count: number, changes: Partial<NodeObservation> = {}) =>
  Array.from({ length: count }, (_, i) => replicant(revision, i, changes));

function lines(desired: Desired, observation: Observation, over: Partial<Situation> = {}) {
  const live = { observation, record: emptyRecord() };
  const situation: Situation = { cluster: "c", changes: [], desired, phase: "Done", live, ...over };
  return planOf(situation).lines;
}

test("cores alone are told as ever", () => {
  const plan = lines(wanted(), cluster(blues(busy)));
  assert.deepEqual(plan.slice(0, 4), [
    "plan: blue-green from c-core-blue to c-core-green",
    "  creates 2 pods, deletes 2 pods, 2 serve at every moment",
    "  moves 1,000 clients at 100/s and 200 offline sessions at 50/s",
    "  clients that need longer than waitTakeover = 10 s to come back may be cut once more by EMQX, and lose a message in flight",
  ]);
  assert.match(plan[4] ?? "", /^ {2}estimate \d+ s: new pods 45 s \(never measured here\), switch/);
  assert.equal(plan.length, 5);
});

test("nothing to do has no plan", () => {
  const observation = { ...cluster([...greens(), ...set("rgreen", 2)]), service: on("rgreen", []) };
  assert.deepEqual(lines(both(2), observation), []);
});

test("a rollout that somebody else runs just now is no stopped one", () => {
  const live = {
    observation: cluster(blues()),
    record: emptyRecord(),
    runner: "ci/7/1 since noon",
  };
  assert.match(lines(wanted(), live.observation, { phase: "Evacuate", live })[0] ?? "", /ci\/7\/1/);
  const plan = lines(wanted(), live.observation, { phase: "Evacuate" });
  assert.equal(plan[0], "the last rollout stopped in phase Evacuate: it goes on from there");
});

describe("with replicants", () => {
  test("an upgrade of both roles tells the order and each role's pods", () => {
    const observation = {
      ...cluster([...blues(), ...set("rblue", 3, busy)]),
      service: on("rblue", []),
    };
    assert.deepEqual(lines(both(3), observation).slice(0, 5), [
      "plan: blue-green from c-core-blue to c-core-green and from c-replicant-rblue to c-replicant-rgreen",
      "  order: new cores, new replicants, switch, old replicants, old cores",
      "  cores: creates 2 pods, deletes 2 pods",
      "  replicants: creates 3 pods, deletes 3 pods, 3 serve at every moment",
      "  moves 1,500 clients at 100/s and 300 offline sessions at 50/s",
    ]);
  });

  test("one role alone is renewed while the other stays", () => {
    const observation = {
      ...cluster([...greens(), ...set("rblue", 2)]),
      service: on("rblue", []),
    };
    assert.deepEqual(lines(both(2), observation).slice(0, 4), [
      "plan: blue-green from c-replicant-rblue to c-replicant-rgreen",
      "  the cores stay",
      "  cores: creates 0 pods, deletes 0 pods",
      "  replicants: creates 2 pods, deletes 2 pods, 2 serve at every moment",
    ]);
  });

  test("each role's scale is told", () => {
    const observation = {
      ...cluster([...greens(), node("green", 2), ...set("rgreen", 2)]),
      service: on("rgreen", []),
    };
    const plan = lines(both(4), observation);
    assert.equal(
      plan[0],
      "plan: scale in c-core-green to 2 pods; scale out c-replicant-rgreen to 4 pods",
    );
    assert.match(plan.join("\n"), /cores: creates 0 pods, deletes 1 pod\n/);
    assert.match(plan.join("\n"), /replicants: creates 2 pods, deletes 0 pods, 4 serve/);
  });

  test("an autoscaler's number is no change", () => {
    const observation = {
      ...cluster([...greens(), ...set("rgreen", 5)]),
      service: on("rgreen", []),
    };
    const desired = both(2);
    assert.notDeepEqual(lines(desired, observation), []);
    const free = {
      ...desired,
      replicants: { revision: "rgreen", replicas: 2, ignoreReplicas: true },
    };
    assert.deepEqual(lines(free, observation), []);
  });

  test("going to none, the cores serve again", () => {
    const observation = {
      ...cluster([...greens(), ...set("rgreen", 2, busy)]),
      service: on("rgreen", []),
    };
    const plan = lines(wanted(), observation);
    assert.equal(plan[0], "plan: removal of c-replicant-rgreen");
    assert.match(plan.join("\n"), /cores: creates 0 pods, deletes 0 pods, 2 serve at every moment/);
    assert.match(plan.join("\n"), /moves 1,000 clients/);
  });
});

describe("a release without evacuation", () => {
  const old = "emqx/emqx:5.0.6";
  const named = (observation: Observation): Observation => ({
    ...observation,
    sets: observation.sets.map((each) => ({ ...each, image: old })),
  });
  const CUT =
    /cuts [\d,]+ clients: clients of a node will be cut when its pod goes: emqx\/emqx:5.0.6 has no evacuation; nodes are retired one at a time, 10 s \(waitTakeover\) apart/;

  test("says that clients are cut", () => {
    const plan = lines(wanted(), named(cluster(blues({ ...busy, ...unsupported })))).join("\n");
    assert.match(plan, CUT);
    assert.doesNotMatch(plan, /moves/);
  });

  test("is told by its image when the nodes are silent, or the cluster is", () => {
    const silent = { reachable: false, evacuation: undefined };
    assert.match(lines(wanted(), named(cluster(blues(silent)))).join("\n"), CUT);
    const blind = lines({ ...wanted(), image: old }, cluster([]), {
      changes: [{ path: "image", effect: "blue-green" }],
      live: { unknown: "no route" },
    });
    assert.match(
      blind.join("\n"),
      /plan: blue-green; no estimate: no route\n {2}clients of a node will be cut/,
    );
  });
});

describe("a rolling update", () => {
  const rolling: Desired = { ...wanted(), revision: "rolling", rolling: { template: "new" } };
  const pods = [0, 1].map((i) => node("rolling", i, { ...busy, template: "old" }));

  test("says that Kubernetes does it and that clients are cut", () => {
    const observation = { ...cluster(pods), service: on("rolling", []) };
    assert.deepEqual(lines(rolling, observation), [
      "plan: renewed in place, pod by pod, by Kubernetes: clients of a pod are cut when it restarts (blueGreenUpdate is absent)",
      "  restarts 2 pods of c with 1,000 clients",
      "  estimate 100 s: new pods 100 s (never measured here)",
    ]);
  });

  test("says so without a look at the cluster too", () => {
    const plan = lines(rolling, cluster([]), {
      changes: [{ path: "image", effect: "rolling" }],
      live: { unknown: "no route" },
    });
    assert.match(plan.join("\n"), /plan: rolling; no estimate: no route\n {2}renewed in place/);
  });
});

describe("changes and drift", () => {
  const blind = { live: { unknown: "" } };

  test("are told with their effect and what else is to be known", () => {
    const changes: Situation["changes"] = [
      { path: "config.data mqtt.max_packet_size", effect: "hot", from: "1MB", to: "2MB" },
      { path: "license", effect: "license" },
      { path: "config.listeners", effect: "blue-green", why: "because" },
    ];
    assert.deepEqual(lines(wanted(), cluster([]), { ...blind, changes: changes.slice(0, 2) }), [
      "config.data mqtt.max_packet_size: 1MB -> 2MB (hot: through EMQX's API, no new pod)",
      "license (through EMQX's API, no new pod)",
    ]);
    assert.equal(
      lines(wanted(), cluster([]), { ...blind, changes })[2],
      "config.listeners (blue-green: every pod is exchanged; because)",
    );
  });

  test("what somebody set by hand is told with both values", () => {
    const drift = [{ key: "mqtt.max_packet_size", declared: "2MB", found: "5MB" }];
    const observation = { ...cluster(greens()), service: on("green", []) };
    assert.deepEqual(lines(wanted(), observation, { drift, phase: "Drifted" }), [
      "config mqtt.max_packet_size: EMQX has 5MB, declared is 2MB: this `pulumi up` sets it back",
    ]);
    assert.match(
      lines(wanted(), observation, { phase: "Drifted" })[0] ?? "",
      /not as the last rollout left it/,
    );
  });
});
