import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { KubernetesClient } from "../../components/kubernetes/client";
import { createOwnershipProvider } from "../../components/ownership/provider";
import type { OwnershipInputs } from "../../components/ownership/types";
import { UNKNOWN } from "../../components/unknown";
import { FakeApi, type Stored } from "../kubernetes/fake-api";

const PATIENCE = { totalMs: 400, firstPauseMs: 5, maxPauseMs: 20 };
const LABELS = { "app.kubernetes.io/name": "emqx", "app.kubernetes.io/instance": "emqx" };

let api: FakeApi;
let lines: string[];
let reachable: boolean;

const provider = createOwnershipProvider({
  open: ({ kubeconfig }) => {
    if (!reachable) throw new Error("no route");
    return KubernetesClient.open({ kubeconfig }, PATIENCE);
  },
  sink: () => ({
    status: () => undefined,
    milestone: (line) => lines.push(line),
    warn: (line) => lines.push(line),
    close: async () => undefined,
  }),
});

const inputs = (more: Partial<OwnershipInputs> = {}): OwnershipInputs => ({
  name: "emqx",
  namespace: "ns",
  cookie: "new-cookie",
  apiKey: "new-key",
  adminPassword: "new-password",
  kubeconfig: api.kubeconfig,
  __urn: "urn",
  ...more,
});

before(async () => {
  api = await new FakeApi().start();
  // Loading the client takes long on a busy machine, and a preview does not wait for ever.
  await (await KubernetesClient.open({ kubeconfig: api.kubeconfig }, PATIENCE)).close();
});
beforeEach(() => {
  api.objects.clear();
  api.requests.length = 0;
  lines = [];
  reachable = true;
});
after(() => api.stop());

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function secret(name: string, data: Record<string, string>): Stored {
  const encoded = Object.entries(data).map(([key, value]) => [key, base64(value)]);
  return api.put("secrets", {
    kind: "Secret",
    metadata: { name },
    data: Object.fromEntries(encoded),
  });
}

/** A cluster that somebody else's stack made. */
function foreignCluster(): void {
  const labels = { ...LABELS, "emqx.io/revision": "abc" };
  const metadata = { name: "emqx-core-abc", labels };
  api.put("statefulsets", { kind: "StatefulSet", metadata, spec: { replicas: 3 } });
  secret("emqx-node-cookie", { node_cookie: "old-cookie" });
  secret("emqx-bootstrap-api-key", {
    bootstrap_api_key: "users:other-secret\npulumi-emqx:old-key\n",
  });
  secret("emqx-dashboard-admin", { username: "admin", password: "old-password" });
  api.put("services", { kind: "Service", metadata: { name: "emqx-headless" } });
}

describe("a cluster that the stack does not know", () => {
  test("fails the preview, with what was found and what to do, and nothing is written", async () => {
    foreignCluster();
    const current = { phase: "Evacuate", startedAt: "2026-01-01", to: "d", phases: [], nodes: [] };
    const record = { schemaVersion: 1, hashVersion: 2, active: "abc", current, history: [] };
    const data = { "record.json": JSON.stringify(record) };
    api.put("configmaps", { kind: "ConfigMap", metadata: { name: "emqx-rollout" }, data });

    const { failures } = await provider.check({}, inputs());

    const [failure] = failures;
    assert.equal(failures.length, 1);
    assert.match(
      failure?.reason ?? "",
      /^EMQX_CLUSTER_EXISTS: Expected no cluster ns\/emqx, .* found StatefulSet emqx-core-abc of 3 nodes, Service emqx-headless, Secret emqx-node-cookie, .*ConfigMap emqx-rollout with an upgrade under way \(Evacuate, begun 2026-01-01\)/,
    );
    assert.match(failure?.reason ?? "", /set `adopt: true`/);
    assert.doesNotMatch(failure?.reason ?? "", /old-|new-/, "no secret is shown");
    await assert.rejects(() => provider.create(inputs()), /EMQX_CLUSTER_EXISTS/);
    assert.deepEqual(api.writes(), []);
  });

  test("is told, and its secrets are kept, when it is to be adopted", async () => {
    foreignCluster();
    const news = inputs({ adopt: true });
    assert.deepEqual((await provider.check({}, news)).failures, []);
    assert.match(lines.join(), /^adopts the cluster ns\/emqx with its secrets: StatefulSet emqx-/);
    const { id, outs } = await provider.create(news);
    assert.equal(id, "ns/emqx");
    assert.deepEqual(outs, {
      name: "emqx",
      namespace: "ns",
      cookie: "old-cookie",
      apiKey: "old-key",
      adminPassword: "old-password",
    });
    assert.deepEqual(api.writes(), []);
  });

  test("hands over the fields that the other stack had applied", async () => {
    foreignCluster();
    const entry = { manager: "pulumi-kubernetes-1a2b3c4d", operation: "Apply" };
    const ours = { manager: "emqx-rollout", operation: "Apply" };
    const metadata = { name: "emqx-listeners", managedFields: [entry, ours] };
    api.put("services", { kind: "Service", metadata });
    await provider.create(inputs({ adopt: true }));
    const patch = api.requests.find(({ method }) => method === "PATCH");
    assert.match(patch?.path ?? "", /services\/emqx-listeners$/);
    const { managedFields } = patch?.body?.metadata as { managedFields: unknown };
    assert.deepEqual(managedFields, [{ ...entry, operation: "Update" }, ours]);
  });

  test("is not taken while another run works on it", async () => {
    foreignCluster();
    let renewed = 0;
    api.put("leases", { kind: "Lease", metadata: { name: "emqx-rollout" } });
    api.intercept = ({ path }) => {
      if (!path.endsWith("/leases/emqx-rollout")) return undefined;
      const spec = { holderIdentity: "far/1/2-abcdef01", renewTime: `t${(renewed += 1)}` };
      return { status: 200, body: { metadata: {}, spec } };
    };
    try {
      await assert.rejects(
        () => provider.create(inputs({ adopt: true })),
        /EMQX_ROLLOUT_FENCED: .*far\/1\/2-abcdef01/,
      );
    } finally {
      api.intercept = undefined;
    }
    assert.deepEqual(api.writes(), []);
  });
});

describe("otherwise", () => {
  test("a new cluster gets what was generated, `adopt` or not", async () => {
    for (const adopt of [undefined, true]) {
      assert.deepEqual((await provider.check({}, inputs({ adopt }))).failures, []);
      const { outs } = await provider.create(inputs({ adopt }));
      assert.deepEqual([outs.cookie, outs.apiKey], ["new-cookie", "new-key"]);
    }
    assert.deepEqual(lines, []);
  });

  test("a cluster with our own cookie is ours", async () => {
    foreignCluster();
    const news = inputs({ cookie: "old-cookie", apiKey: "old-key", adminPassword: "p" });
    assert.deepEqual((await provider.check({}, news)).failures, []);
    assert.equal((await provider.create(news)).outs.cookie, "old-cookie");
  });

  test("a cluster that the state knows is not looked for", async () => {
    const { failures } = await provider.check(inputs(), inputs({ cookie: "other" }));
    assert.deepEqual([failures, api.requests], [[], []]);
    assert.deepEqual(await provider.diff("id", inputs(), inputs({ adopt: true })), {
      changes: false,
    });
  });

  test("under another name it is another cluster, made with the same secrets", async () => {
    const olds = inputs({ name: "before", cookie: "kept" });
    const news = inputs();
    assert.deepEqual(await provider.diff("id", olds, news), { changes: true });
    assert.equal((await provider.update("id", olds, news)).outs.cookie, "kept");
    foreignCluster();
    assert.match((await provider.check(olds, news)).failures[0]?.reason ?? "", /CLUSTER_EXISTS/);
  });

  test("a preview does not look where the credentials are not known, nor fail without an answer", async () => {
    foreignCluster();
    assert.deepEqual((await provider.check({}, inputs({ kubeconfig: UNKNOWN }))).failures, []);
    reachable = false;
    assert.deepEqual((await provider.check({}, inputs())).failures, []);
    await assert.rejects(() => provider.create(inputs()), /no route/);
  });

  test("reading changes nothing", async () => {
    const properties = { name: "emqx" };
    assert.deepEqual(await provider.read("ns/emqx", properties), {
      id: "ns/emqx",
      props: properties,
    });
  });
});
