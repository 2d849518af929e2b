import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { isEmqxError } from "../../components/errors";
import { coreNodeName, oneColour } from "../../components/labels";
import type { Action } from "../../components/rollout/types";
import { failure } from "../kubernetes/fake-api";
import { site, World } from "./io-fixtures";

let world: World;
before(async () => {
  world = await World.start();
});
beforeEach(() => world.reset());
afterEach(async () => {
  for (const node of world.nodes.values()) await node.stop();
  world.nodes.clear();
});
after(() => world.stop());

const act = (action: Action) => world.connection.cluster.act(action);
const stored = (key: string) => world.api.objects.get(key);

test("a set is created by applying its ConfigMap first, then the StatefulSet", async () => {
  await act({ do: "createSet", role: "core", revision: "b", replicas: 3 });
  assert.deepEqual(world.api.writes(), [
    "PATCH configmaps/c-config-b",
    "PATCH statefulsets/c-core-b",
  ]);
  assert.deepEqual(stored("statefulsets/c-core-b")?.spec, { replicas: 3 });
});

test("scaling sends the number of replicas and nothing else", async () => {
  await world.addSet("a", 2);
  await act({ do: "scaleSet", role: "core", set: "c-core-a", replicas: 1 });
  assert.deepEqual(world.api.requests.at(-1)?.body, { spec: { replicas: 1 } });
});

test("replicants are a Deployment, made and removed like a set of cores", async () => {
  await act({ do: "createSet", role: "replicant", revision: "r", replicas: 2 });
  assert.deepEqual(world.api.writes(), [
    "PATCH configmaps/c-config-r",
    "PATCH deployments/c-replicant-r",
  ]);
  await act({ do: "deleteSet", role: "replicant", set: "c-replicant-r", revision: "r" });
  assert.equal(stored("deployments/c-replicant-r"), undefined);
  assert.equal(stored("configmaps/c-config-r"), undefined);
});

test("of a Deployment the victims are marked before its number changes", async () => {
  await world.addSet("r", 3, "replicant");
  await act({
    do: "scaleSet",
    role: "replicant",
    set: "c-replicant-r",
    replicas: 1,
    victims: ["c-replicant-r-0", "gone", "c-replicant-r-2"],
  });
  assert.deepEqual(world.api.writes(), [
    "PATCH pods/c-replicant-r-0",
    "PATCH pods/gone",
    "PATCH pods/c-replicant-r-2",
    "PATCH deployments/c-replicant-r",
  ]);
  const costOf = (pod: string) =>
    stored(`pods/${pod}`)?.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"];
  assert.equal(costOf("c-replicant-r-0"), "-99999");
  assert.equal(costOf("c-replicant-r-1"), undefined);
  assert.deepEqual(world.api.requests.at(-1)?.body, { spec: { replicas: 1 } });
});

test("a mark that a run left behind is taken off a pod that stays", async () => {
  await world.addSet("r", 3, "replicant");
  const scale = (replicas: number, victim: number) =>
    act({
      do: "scaleSet",
      role: "replicant",
      set: "c-replicant-r",
      replicas,
      victims: [`c-replicant-r-${victim}`],
    });
  const costs = () =>
    [0, 1, 2].map((ordinal) => {
      const { annotations = {} } = stored(`pods/c-replicant-r-${ordinal}`)?.metadata ?? {};
      return annotations["controller.kubernetes.io/pod-deletion-cost"];
    });
  // The number was never written: the run ended, and the program was set back.
  await scale(2, 0);
  await scale(2, 2);
  assert.deepEqual(costs(), [undefined, undefined, "-99999"]);
});

test("scaling a set that is gone is left to the next look", async () => {
  await act({ do: "scaleSet", role: "core", set: "c-core-gone", replicas: 0 });
});

test("selecting moves listeners and dashboard to one colour", async () => {
  await act({ do: "select", role: "core", revision: "b", core: "b" });
  for (const name of ["c-listeners", "c-dashboard"]) {
    const spec = stored(`services/${name}`)?.spec as { selector?: unknown; ports?: unknown };
    assert.deepEqual(spec.selector, oneColour("c", "b"));
    assert.deepEqual(spec.ports, [], "other fields stay");
  }
});

test("with replicants the listeners move to them, the dashboard to their cores", async () => {
  await act({ do: "select", role: "replicant", revision: "r", core: "b" });
  const selector = (name: string) =>
    (stored(`services/${name}`)?.spec as { selector?: unknown }).selector;
  assert.deepEqual(selector("c-listeners"), oneColour("c", "r", "replicant"));
  assert.deepEqual(selector("c-dashboard"), oneColour("c", "b"));
});

test("a foreign key in the selector is taken out, for it would select nothing", async () => {
  world.api.put("services", {
    kind: "Service",
    metadata: { name: "c-listeners" },
    spec: { selector: { tier: "x" } },
  });
  await act({ do: "select", role: "core", revision: "b", core: "b" });
  const spec = stored("services/c-listeners")?.spec as { selector?: unknown };
  assert.deepEqual(spec.selector, oneColour("c", "b"));
});

test("without a dashboard Service the listeners are still selected; without listeners it is an error", async () => {
  world.api.objects.delete("services/c-dashboard");
  await act({ do: "select", role: "core", revision: "b", core: "b" });
  world.api.objects.delete("services/c-listeners");
  await assert.rejects(
    act({ do: "select", role: "core", revision: "b", core: "b" }),
    /c-listeners.*pulumi up --refresh/s,
  );
});

test("evacuations are started and stopped at the node itself", async () => {
  const emqx = await world.addPod("a", 0);
  const node = coreNodeName(site, "c-core-a-0");
  emqx.answers.set(`POST /load_rebalance/${node}/evacuation/start`, { status: 200, body: {} });
  emqx.answers.set(`POST /load_rebalance/${node}/evacuation/stop`, { status: 200, body: {} });
  const pod = "c-core-a-0";
  const rates = { connEvictRate: 1, sessEvictRate: 2, waitTakeover: 3, waitHealthCheck: 0 };
  await act({ do: "evacuate", node, pod, ...rates, migrateTo: ["emqx@g"] });
  await act({ do: "stopEvacuation", node, pod });
  assert.deepEqual(
    emqx.requests.map(({ method, path }) => `${method} ${path}`),
    [
      `POST /load_rebalance/${node}/evacuation/start`,
      `POST /load_rebalance/${node}/evacuation/stop`,
    ],
  );
});

test("a node that cannot be asked to forget another is passed over", async () => {
  const silent = await world.addPod("b", 0);
  const awake = await world.addPod("b", 1);
  const path = "/cluster/emqx@gone/force_leave";
  silent.answers.set(`DELETE ${path}`, { status: 500, body: "RPC_ERROR" });
  awake.answers.set(`DELETE ${path}`, { status: 204 });
  await act({ do: "forceLeave", node: "emqx@gone", via: ["c-core-b-0", "c-core-b-1"] });
  assert.equal(awake.requests.length, 1);
  await assert.rejects(act({ do: "forceLeave", node: "emqx@gone", via: ["c-core-b-0"] }), /500/);
});

test("a retired revision goes with its ConfigMap, twice if need be", async () => {
  await act({ do: "createSet", role: "core", revision: "a", replicas: 0 });
  await act({ do: "deleteSet", role: "core", set: "c-core-a", revision: "a" });
  await act({ do: "deleteSet", role: "core", set: "c-core-a", revision: "a" });
  assert.equal(stored("statefulsets/c-core-a"), undefined);
  assert.equal(stored("configmaps/c-config-a"), undefined);
});

test("an obeyed annotation is removed, the others stay", async () => {
  world.api.put("configmaps", {
    kind: "ConfigMap",
    metadata: { name: "c-rollout", annotations: { "emqx.io/rollout-control": "abort", mine: "1" } },
  });
  await act({ do: "clearControl" });
  assert.deepEqual(stored("configmaps/c-rollout")?.metadata.annotations, { mine: "1" });
});

test("a right that is missing ends the action with its name", async () => {
  world.api.intercept = ({ method }) =>
    method === "PATCH" ? failure(403, "Forbidden") : undefined;
  await assert.rejects(
    act({ do: "createSet", role: "core", revision: "b", replicas: 1 }),
    (error) => {
      assert.ok(isEmqxError(error));
      assert.equal(error.code, "EMQX_KUBERNETES_DENIED");
      assert.match(error.message, /apply configmaps\/c-config-b/);
      return true;
    },
  );
});
