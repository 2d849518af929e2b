import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { everyPod, oneColour } from "../../components/labels";
import { selectedRevision } from "../../components/rollout/observe-services";
import { contentDigest } from "../../components/rollout/settings";
import { nodeBody } from "../emqx/fake-emqx";
import { CRASHING, READY, site, World } from "./io-fixtures";
import { coreNodeName } from "../../components/labels";

let world: World;
before(async () => {
  world = await World.start();
});
beforeEach(() => world.reset());
afterEach(async () => {
  for (const node of world.nodes.values()) await node.stop();
  world.nodes.clear();
  world.api.forwards.clear();
});
after(() => world.stop());

const observe = (preflight = false) => world.connection.cluster.observe({ preflight });

test("an empty namespace has no sets, no nodes and no selector", async () => {
  assert.deepEqual(await observe(), {
    sets: [],
    nodes: [],
    service: { exists: true, selects: null, dashboardSelects: null, readyPods: [] },
    control: null,
  });
});

test("sets, nodes and the Service are seen together with what EMQX says", async () => {
  await world.addSet("a", 2);
  world.serve("a", ["c-core-a-0", "c-core-a-1"]);
  const { sets, nodes, service } = await observe();
  assert.deepEqual(sets, [
    {
      role: "core",
      name: "c-core-a",
      revision: "a",
      replicas: 2,
      pods: 2,
      image: "emqx/emqx:a",
      createdAt: Date.parse("2026-11-21T00:00:00Z"),
      deleting: false,
      settings: { config: "missing" },
    },
  ]);
  assert.deepEqual(service, {
    exists: true,
    selects: "a",
    dashboardSelects: null,
    readyPods: ["c-core-a-0", "c-core-a-1"],
  });
  const node = nodes[0]!;
  assert.equal(node.node, coreNodeName(site, "c-core-a-0"));
  assert.equal(node.ready, true);
  assert.equal(node.reachable, true);
  assert.equal(node.connections, 3);
  assert.equal(node.liveConnections, 2);
  assert.equal(node.connectedTotal, 7);
  assert.deepEqual(node.evacuation, { state: "disabled" });
  assert.deepEqual(Object.values(node.view ?? {}), ["running", "running"]);
});

test("a node that hangs costs its own answer only, and little at the second look", async () => {
  await world.addSet("a", 3);
  const hung = world.nodes.get("c-core-a-1")!;
  hung.answers.set(`GET /nodes/${hung.node}`, "hang");
  const first = await observe();
  assert.deepEqual(
    first.nodes.map((node) => node.reachable),
    [true, false, true],
  );
  assert.match(first.nodes[1]!.trouble ?? "", /does not answer/);
  assert.equal(first.nodes[1]!.connections, undefined);
  const start = Date.now();
  const second = await observe();
  assert.ok(Date.now() - start < 2500, "the second look waited for the hung node again");
  assert.equal(second.nodes[1]!.reachable, false);
});

test("nodes that all refuse the API key are a fact for the preflight, one that takes it is none", async () => {
  await world.addSet("a", 2);
  const refuse = (pod: string) => {
    const { node, answers } = world.nodes.get(pod)!;
    answers.set(`GET /nodes/${node}`, { status: 401, body: "BAD_API_KEY_OR_SECRET" });
  };
  refuse("c-core-a-0");
  assert.equal((await observe(true)).preflight?.keyRefused, undefined);
  refuse("c-core-a-1");
  assert.match((await observe(true)).preflight?.keyRefused ?? "", /401|API key/i);
});

test("a node that only moves a batch of sessions is reachable with an unknown evacuation", async () => {
  await world.addSet("a", 1);
  world.nodes.get("c-core-a-0")!.answers.set("GET /load_rebalance/status", "hang");
  const [node] = (await observe()).nodes;
  assert.equal(node!.reachable, true);
  assert.equal(node!.liveConnections, 2);
  assert.deepEqual(node!.evacuation, { state: "unknown" });
});

test("a node that answers garbage is not reachable and does not stop the others", async () => {
  await world.addSet("a", 2);
  const broken = world.nodes.get("c-core-a-0")!;
  broken.answers.set(`GET /nodes/${broken.node}`, { status: 200, body: "{half" });
  const { nodes } = await observe();
  assert.deepEqual(
    nodes.map((node) => node.reachable),
    [false, true],
  );
});

test("a crashing pod is explained by its state, its last event and its log, without secrets", async () => {
  await world.addSet("a", 0);
  await world.addPod("a", 0, CRASHING);
  world.api.intercept = ({ path }) => {
    if (path.endsWith("/events")) {
      const event = (type: string, message: string, lastTimestamp: string) => ({
        type,
        reason: "BackOff",
        message,
        lastTimestamp,
        metadata: { name: "e" },
      });
      const items = [
        event("Warning", "Back-off restarting failed container", "2026-11-21T00:00:02Z"),
        event("Warning", "older", "2026-11-21T00:00:01Z"),
        event("Normal", "Pulled", "2026-11-21T00:00:03Z"),
      ];
      return { status: 200, body: { items } };
    }
    return path.endsWith("/log")
      ? { status: 200, body: 'bad config\nnode.cookie = "hunter2hunter2"\n' }
      : undefined;
  };
  const [node] = (await observe()).nodes;
  assert.equal(node!.reason, "CrashLoopBackOff");
  assert.equal(node!.reachable, false);
  const trouble = node!.trouble ?? "";
  for (const part of [
    "CrashLoopBackOff",
    "last exit code 137",
    "3 restarts",
    "event BackOff: Back-off restarting",
    "bad config",
    "node.cookie = [hidden]",
  ]) {
    assert.ok(trouble.includes(part), `${part} is missing in: ${trouble}`);
  }
  assert.ok(!trouble.includes("hunter2"));
  assert.equal(trouble.split("\n").length, 1);
});

test("a container is down when Kubernetes says so, not because it was restarted once or a sidecar fails", async () => {
  await world.addSet("a", 0);
  const [emqx] = CRASHING.containerStatuses;
  const notReady = (containerStatuses: object[]) => ({ ...CRASHING, containerStatuses }) as never;
  const running = { ...emqx, state: { running: {} } };
  await world.addPod("a", 0, CRASHING);
  await world.addPod("a", 1, notReady([running]));
  await world.addPod(
    "a",
    2,
    notReady([
      { ...emqx, name: "sidecar" },
      { ...running, restartCount: 0 },
    ]),
  );
  for (const node of world.nodes.values()) await node.stop();
  const { nodes } = await observe();
  assert.deepEqual(
    nodes.map(({ reachable, reason, down }) => [reachable, reason, down]),
    [
      [false, "CrashLoopBackOff", true],
      [false, "Restarted", false],
      [false, "CrashLoopBackOff", false],
    ],
  );
});

test("the control annotation is read, and an unknown word is told once and none", async () => {
  const put = (value: string) =>
    world.api.put("configmaps", {
      kind: "ConfigMap",
      metadata: { name: "c-rollout", annotations: { "emqx.io/rollout-control": value } },
    });
  put("abort");
  assert.equal((await observe()).control, "abort");
  put("please");
  assert.equal((await observe()).control, null);
  await observe();
  assert.deepEqual(world.warnings.splice(0), [
    "Expected annotation emqx.io/rollout-control to be one of pause, resume, abort, promote, got `please`: it is ignored.",
  ]);
});

test("an endpoint that is not ready does not count as served", async () => {
  world.serve("a", ["c-core-a-0"]);
  const slice = world.api.objects.get("endpointslices/c-listeners-x")!;
  slice.endpoints = [{ conditions: { ready: false }, targetRef: { kind: "Pod", name: "p" } }];
  assert.deepEqual((await observe()).service.readyPods, []);
});

test("preflight facts name missing rights, the licence and foreign rebalances", async () => {
  await world.addSet("a", 1);
  const node = world.nodes.get("c-core-a-0")!;
  node.answers.set("GET /license", {
    status: 200,
    body: { type: "trial", expiry: false, expiry_at: "2029-03-01", max_sessions: 25 },
  });
  node.answers.set("GET /load_rebalance/global_status", {
    status: 200,
    body: {
      evacuations: [{ node: "emqx@elsewhere" }, { node: node.node }],
      rebalances: [{ node: "emqx@other" }],
      purges: [],
    },
  });
  world.api.intercept = ({ path, body }) => {
    if (!path.endsWith("/selfsubjectaccessreviews")) return undefined;
    const spec = body?.spec as { resourceAttributes: { verb: string; resource: string } };
    const { verb, resource } = spec.resourceAttributes;
    return {
      status: 201,
      body: { status: { allowed: !(verb === "patch" && resource === "statefulsets") } },
    };
  };
  assert.deepEqual((await observe(true)).preflight, {
    missingPermissions: ["patch statefulsets"],
    license: { type: "trial", expired: false, expiryAt: "2029-03-01", maxSessions: 25 },
    evacuationApi: true,
    sessions: 3,
    foreignRebalances: ["rebalance on emqx@other", "evacuation of emqx@elsewhere"],
    licenseConfigured: true,
  });
});

test("an EMQX without evacuation API is told in the preflight facts", async () => {
  await world.addSet("a", 1);
  const emqx = world.nodes.get("c-core-a-0")!;
  emqx.answers.delete("GET /load_rebalance/status");
  const body = nodeBody(emqx.node, { edition: "Opensource" });
  emqx.answers.set(`GET /nodes/${emqx.node}`, { status: 200, body });
  const { nodes, preflight } = await observe(true);
  assert.equal(preflight?.evacuationApi, false);
  assert.deepEqual(nodes[0]?.evacuation, { state: "unsupported" });
});

test("a 404 of a release that has evacuation is a doubt, not a denial", async () => {
  await world.addSet("a", 1);
  world.nodes.get("c-core-a-0")!.answers.delete("GET /load_rebalance/status");
  const { nodes, preflight } = await observe(true);
  assert.equal(preflight?.evacuationApi, true);
  assert.deepEqual(nodes[0]?.evacuation, { state: "unknown" });
  assert.match(nodes[0]?.trouble ?? "", /answers 404 to \/load_rebalance\/status/);
});

test("a rebalance is told by its node, also when nobody tells of the whole cluster", async () => {
  await world.addSet("a", 1);
  const emqx = world.nodes.get("c-core-a-0")!;
  const body = { status: "enabled", process: "rebalance", state: "evicting_conns", donors: [] };
  emqx.answers.set("GET /load_rebalance/status", { status: 200, body });
  emqx.answers.set("GET /load_rebalance/global_status", { status: 200, body: { rebalances: {} } });
  const { nodes, preflight } = await observe(true);
  assert.deepEqual(preflight?.foreignRebalances, [`rebalance on ${emqx.node}`]);
  assert.match(nodes[0]?.trouble ?? "", /a rebalance runs on it/);
});

test("a selector with a key too many is none of ours", () => {
  const core = oneColour("c", "a");
  assert.equal(selectedRevision("c", core, ["core"]), "a");
  assert.equal(selectedRevision("c", { ...core, tier: "x" }, ["core"]), null);
  assert.equal(selectedRevision("c", { "emqx.io/revision": "a" }, ["core"]), null);
  assert.equal(selectedRevision("c", undefined, ["core"]), null);
});

test("replicants may serve, but the dashboard is the cores'", () => {
  const replicant = oneColour("c", "r", "replicant");
  assert.equal(selectedRevision("c", replicant, ["core", "replicant"]), "r");
  assert.equal(selectedRevision("c", replicant, ["core"]), null);
});

test("replicants are a Deployment whose nodes are named by their addresses", async () => {
  await world.addSet("a", 1);
  await world.addSet("r", 2, "replicant");
  const { sets, nodes } = await observe();
  assert.deepEqual(
    sets.map(({ role, name, pods, image }) => ({ role, name, pods, image })),
    [
      { role: "core", name: "c-core-a", pods: 1, image: "emqx/emqx:a" },
      { role: "replicant", name: "c-replicant-r", pods: 2, image: "emqx/emqx:r" },
    ],
  );
  assert.deepEqual(
    nodes.map(({ role, node, ordinal, reachable }) => ({ role, node, ordinal, reachable })),
    [
      { role: "core", node: coreNodeName(site, "c-core-a-0"), ordinal: 0, reachable: true },
      { role: "replicant", node: "emqx@10.88.1.0", ordinal: 0, reachable: true },
      { role: "replicant", node: "emqx@10.88.1.1", ordinal: 0, reachable: true },
    ],
  );
});

test("a replicant without an address is not asked, and one that ended does not count", async () => {
  await world.addSet("r", 0, "replicant");
  const { podIP: _, ...early } = READY;
  const emqx = await world.addPod("r", 0, early, "replicant");
  await world.addPod("r", 1, { ...READY, phase: "Failed" }, "replicant");
  const { sets, nodes } = await observe();
  assert.deepEqual(
    nodes.map(({ node, reachable }) => ({ node, reachable })),
    [{ node: "emqx@c-replicant-r-0", reachable: false }],
  );
  assert.equal(sets[0]?.pods, 1);
  assert.deepEqual(emqx.requests, []);
});

test("a set tells what its ConfigMap says is in force, and its template when it is rolled", async () => {
  await world.addSet("a", 1);
  const [, set] = [...world.api.objects].find(([key]) => key === "statefulsets/c-core-a")!;
  set.metadata.annotations = { "emqx.io/template": "t2" };
  world.api.objects.get("pods/c-core-a-0")!.metadata.annotations = { "emqx.io/template": "t1" };
  world.api.put("configmaps", {
    kind: "ConfigMap",
    metadata: {
      name: "c-config-a",
      labels: everyPod("c"),
      annotations: { "emqx.io/config-digest": "d1", "emqx.io/license-digest": "l1" },
    },
  });
  const { sets, nodes } = await observe();
  assert.deepEqual(sets[0]?.settings, { config: "d1", license: "l1" });
  assert.equal(sets[0]?.template, "t2");
  assert.equal(nodes[0]?.template, "t1");
});

test("a ConfigMap that somebody deletes or edits has no configuration that anybody declared", async () => {
  await world.addSet("a", 1);
  assert.deepEqual((await observe()).sets[0]?.settings, { config: "missing" });
  const stored = (conf: string) =>
    world.api.put("configmaps", {
      kind: "ConfigMap",
      metadata: {
        name: "c-config-a",
        labels: everyPod("c"),
        annotations: {
          "emqx.io/config-digest": "d1",
          "emqx.io/content-digest": contentDigest({ "emqx.conf": "a {}" }),
        },
      },
      data: { "emqx.conf": conf, more: "of somebody else" },
    });
  stored("a {}");
  assert.deepEqual((await observe()).sets[0]?.settings, { config: "d1" });
  stored("nonsense {");
  assert.deepEqual((await observe()).sets[0]?.settings, { config: "edited" });
});

test("a ConfigMap is ownerless when its set and all pods of that colour are gone", async () => {
  const put = (name: string, revision: string, role: "core" | "replicant" = "core") =>
    world.api.put("configmaps", {
      kind: "ConfigMap",
      metadata: { name, labels: oneColour("c", revision, role) },
    });
  await world.addSet("a", 1);
  for (const revision of ["a", "gone"]) put(`c-config-${revision}`, revision);
  put("c-config-old", "old", "replicant");
  put("somebody-elses", "other");
  assert.deepEqual((await observe()).ownerless, [
    { role: "core", set: "c-core-gone", revision: "gone" },
    { role: "replicant", set: "c-replicant-old", revision: "old" },
  ]);
  world.api.objects.delete("statefulsets/c-core-a");
  assert.equal((await observe()).ownerless?.length, 2, "its pod is there still");
});

test("what only looks like a part of the cluster is passed over", async () => {
  const put = (plural: string, kind: string, labels: Record<string, string>) =>
    world.api.put(plural, { kind, metadata: { name: "x", labels } });
  put("deployments", "Deployment", everyPod("c"));
  put("pods", "Pod", everyPod("c"));
  put("statefulsets", "StatefulSet", oneColour("c", "r", "replicant"));
  const { sets, nodes } = await observe();
  assert.deepEqual({ sets, nodes }, { sets: [], nodes: [] });
});

test("a snapshot brings observation, record and EMQX's own words about evacuations", async () => {
  await world.addSet("a", 1);
  const node = world.nodes.get("c-core-a-0")!;
  const entry = { node: node.node, state: "waiting_takeover" };
  node.answers.set("GET /load_rebalance/global_status", {
    status: 200,
    body: { evacuations: [entry], purges: [], rebalances: [] },
  });
  node.answers.set(`GET /nodes/${node.node}`, {
    status: 200,
    body: nodeBody(node.node, { otp_release: "28/16.1" }),
  });
  const { observation, record, evacuations } = await world.connection.snapshot();
  assert.deepEqual(evacuations, [entry]);
  assert.equal(record.active, null);
  assert.equal(observation.nodes[0]!.otpRelease, "28/16.1");
  assert.deepEqual(world.api.writes(), []);
});
