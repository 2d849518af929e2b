import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { admitAnyPod } from "../../../../sandbox/control-plane/access";
import { KubeClient } from "../../../../sandbox/node-agent/kube/client";
import { ApiClient } from "../../../../sandbox/plugins/kubernetes/api-client";
import { connection } from "../../../../sandbox/plugins/kubernetes/kubeconfig";
import { kubernetesService } from "../../../../sandbox/plugins/kubernetes/service";
import { at, listAt, textAt, type JsonObject } from "../../../../sandbox/plugins/rpc/json";
import { isSecret, secret, UNKNOWN } from "../../../../sandbox/plugins/rpc/properties";
import { sandboxDown, sandboxUp } from "../../../../sandbox/sandbox";
import { connectProvider, partialState, type Provider, type State } from "../provider-client";

// One real API server for all; each test works on objects of its own.
const parent = mkdtempSync(join(tmpdir(), "pulumi-emqx-test-"));
const dir = join(parent, "sandbox");
const NAMESPACE = "default";
let provider: Provider;
let api: ApiClient;
let kubeconfig: string;

before(async () => {
  ({ kubeconfig } = await sandboxUp({ dir }));
  await admitAnyPod(await KubeClient.fromFile(kubeconfig), "default");
  api = new ApiClient(connection(kubeconfig, {}));
  provider = await connectProvider(
    kubernetesService(() => undefined),
    { kubeconfig },
  );
});
after(async () => {
  provider?.close();
  api?.close();
  await sandboxDown({ dir, purge: true });
  rmSync(parent, { recursive: true, force: true });
});

const urn = (kind: string, name: string): string =>
  `urn:pulumi:dev::p::kubernetes:core/v1:${kind}::${name}`;

function service(name: string, spec: JsonObject = {}, annotations: JsonObject = {}): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: NAMESPACE, annotations },
    spec: { ports: [{ name: "mqtt", port: 1883 }], ...spec },
  };
}

const servicePath = (name: string): string => `/api/v1/namespaces/${NAMESPACE}/services/${name}`;

async function selectorOf(name: string): Promise<unknown> {
  return at(await api.send("GET", servicePath(name)), "spec", "selector");
}

/** Sets a Service's selector as another program would. */
async function select(name: string, manager: string, color: string): Promise<void> {
  const value = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { color } },
  };
  const apply = !manager.startsWith("kubectl");
  await api.send(
    "PATCH",
    servicePath(name),
    { fieldManager: manager, ...(apply ? { force: "true" } : {}) },
    { contentType: apply ? "application/apply-patch+yaml" : "application/merge-patch+json", value },
  );
}

const relabelled = (inputs: JsonObject): JsonObject => ({
  ...inputs,
  metadata: { ...(inputs["metadata"] as JsonObject), labels: { changed: "yes" } },
});
const skipping = { "pulumi.com/skipAwait": "true" };

/** A pod that never gets ready, with an address, so that it stands in Endpoints as not ready. */
async function unreadyPod(name: string, color: string): Promise<void> {
  const pods = `/api/v1/namespaces/${NAMESPACE}/pods`;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { color } },
    spec: { nodeName: "nowhere", containers: [{ name: "c", image: "c" }] },
  };
  for (let tries = 0; ; tries++) {
    try {
      await api.send("POST", pods, {}, { contentType: "application/json", value: pod });
      break;
    } catch (error) {
      // The namespace's service account comes a moment after the namespace.
      if (tries === 100) throw error;
      await sleep(100);
    }
  }
  const conditions = [{ type: "Ready", status: "False" }];
  const podIPs = [{ ip: "10.88.99.1" }];
  const value = { status: { phase: "Running", podIP: "10.88.99.1", podIPs, conditions } };
  const contentType = "application/merge-patch+json";
  await api.send("PATCH", `${pods}/${name}/status`, {}, { contentType, value });
}

test("an object is created by POST and read back without a difference", async () => {
  const inputs = await provider.check(urn("Service", "plain"), service("plain"));
  const state = await provider.create(urn("Service", "plain"), inputs);
  assert.equal(state.id, "default/plain");
  assert.deepEqual(state.properties["__inputs"], inputs);
  assert.equal(state.properties["__initialApiVersion"], "v1");
  assert.match(String(state.properties["__fieldManager"]), /^pulumi-kubernetes-[0-9a-f]{8}$/);
  const [entry] = listAt(state.properties, "metadata", "managedFields");
  assert.deepEqual(
    [textAt(entry, "manager"), textAt(entry, "operation")],
    ["pulumi-kubernetes", "Update"],
  );
  const found = await provider.read(urn("Service", "plain"), state);
  const metadata = { name: "plain", namespace: NAMESPACE };
  assert.deepEqual(found.inputs, { ...inputs, metadata });
  const { changes } = await provider.diff(urn("Service", "plain"), found.properties, inputs);
  assert.equal(changes, 1);
});

test("a selector that emqx-rollout applies survives an update, one of kubectl does not", async () => {
  const inputs = service("selected", {}, skipping);
  let state = await provider.create(urn("Service", "selected"), inputs);
  await select("selected", "emqx-rollout", "blue");
  state = await provider.update(urn("Service", "selected"), state, relabelled(inputs));
  assert.deepEqual(await selectorOf("selected"), { color: "blue" });
  assert.deepEqual(
    listAt(state.properties, "metadata", "managedFields").map((entry) => textAt(entry, "manager")),
    ["emqx-rollout", state.properties["__fieldManager"]].sort(),
  );

  const bomb = service("bomb", {}, skipping);
  const planted = await provider.create(urn("Service", "bomb"), bomb);
  await select("bomb", "kubectl-patch", "blue");
  const options = { preview: true };
  const preview = await provider.update(urn("Service", "bomb"), planted, relabelled(bomb), options);
  assert.deepEqual(at(preview.properties, "spec", "selector"), { color: "blue" });
  await provider.update(urn("Service", "bomb"), planted, relabelled(bomb));
  assert.equal(await selectorOf("bomb"), undefined);
});

test("a field that another manager took is a conflict, and the object stays in the state", async () => {
  const inputs = service("torn", { selector: { color: "green" } }, skipping);
  let state = await provider.create(urn("Service", "torn"), inputs);
  state = await provider.update(urn("Service", "torn"), state, relabelled(inputs));
  await select("torn", "emqx-rollout", "blue");
  const failed = await provider
    .update(urn("Service", "torn"), state, {
      ...inputs,
      spec: { ...(inputs["spec"] as JsonObject), type: "NodePort" },
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  assert.match(String(failed), /apply conflict: .*conflict with "emqx-rollout": \.spec\.selector/);
  assert.equal(partialState(failed)?.id, "default/torn");
});

test("a Service whose live selector finds an unready pod fails after its timeout", async () => {
  await unreadyPod("unready", "amber");
  const inputs = service("amber");
  const state = await provider.create(urn("Service", "amber"), inputs);
  await select("amber", "emqx-rollout", "amber");
  await until(async () => {
    const path = `/api/v1/namespaces/${NAMESPACE}/endpoints/amber`;
    const endpoints = await api.send("GET", path).catch(() => ({}));
    return listAt(endpoints, "subsets").some((s) => listAt(s, "notReadyAddresses").length > 0);
  });
  const failed = await provider
    .update(urn("Service", "amber"), state, relabelled(inputs), { timeout: 1 })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  assert.match(String(failed), /"default\/amber" failed to fully initialize or become live/);
  assert.deepEqual(partialState(failed)?.reasons.slice(0, 1), [
    "'amber' timed out waiting to be Ready",
  ]);
  assert.match(partialState(failed)?.reasons[1] ?? "", /does not target any Pods/);

  const refreshed = await provider.read(urn("Service", "amber"), state).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.match(String(refreshed), /Resource 'amber' was created but failed to initialize/);

  const quiet = service("amber", {}, skipping);
  const updated = await provider.update(urn("Service", "amber"), state, quiet);
  assert.equal((await provider.read(urn("Service", "amber"), updated)).id, "default/amber");
});

test("a LoadBalancer waits for its address, and waitFor replaces the other waits", async () => {
  const balanced = service("lb", { type: "LoadBalancer" });
  const { properties } = await provider.create(urn("Service", "lb"), balanced);
  assert.equal(listAt(properties, "status", "loadBalancer", "ingress").length, 1);
  const never = service("never", {}, { "pulumi.com/waitFor": "jsonpath={.spec.externalName}" });
  const failed = await provider.create(urn("Service", "never"), never, { timeout: 1 }).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.match(partialState(failed)?.reasons[1] ?? "", /Waiting for jsonpath/);
});

test("a preview knows bogus values where the namespace is there", async () => {
  const { id, properties } = await provider.create(urn("Service", "seen"), service("seen"), {
    preview: true,
  });
  assert.equal(id, "");
  assert.match(textAt(properties, "metadata", "uid") ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(at(properties, "metadata", "resourceVersion"), undefined);
  assert.equal(properties["status"], undefined);
  await assert.rejects(api.send("GET", servicePath("seen")), /not found/);
});

test("a preview returns the inputs for a new namespace, an unknown, a taken name, a missing kind", async () => {
  const preview = { preview: true };
  const elsewhere = service("a");
  elsewhere["metadata"] = { name: "a", namespace: "not-there" };
  const unknown = service("b", { externalName: UNKNOWN });
  const taken = service("kubernetes");
  const podMonitor = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    metadata: { name: "pm", namespace: NAMESPACE },
  };
  for (const inputs of [elsewhere, unknown, taken, podMonitor]) {
    const { properties } = await provider.create(urn("Service", "x"), inputs, preview);
    assert.deepEqual(properties, inputs);
  }
  await assert.rejects(
    provider.create(urn("Service", "x"), service("Not Valid"), preview),
    /was not successfully created by the Kubernetes API server: .*Invalid value/,
  );
});

test("a port's new number fails in the preview until the first real update", async () => {
  const inputs = service("ported", {}, skipping);
  let state = await provider.create(urn("Service", "ported"), inputs);
  const moved = service("ported", { ports: [{ name: "mqtt", port: 1884 }] }, skipping);
  await assert.rejects(
    provider.update(urn("Service", "ported"), state, moved, { preview: true }),
    /spec\.ports\[1\]\.name: Duplicate value: "mqtt"/,
  );
  state = await provider.update(urn("Service", "ported"), state, moved);
  assert.deepEqual(
    listAt(state.properties, "spec", "ports").map((port) => at(port, "port")),
    [1884],
  );
  await provider.update(urn("Service", "ported"), state, inputs, { preview: true });
});

test("secret inputs stay secret in the live object", async () => {
  const inputs = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "hidden", namespace: NAMESPACE },
    stringData: secret({ password: "hunter2" }),
  };
  const checked = await provider.check(urn("Secret", "hidden"), inputs);
  const { properties } = await provider.create(urn("Secret", "hidden"), checked);
  assert.ok(isSecret(properties["data"]));
  assert.ok(isSecret(at(properties, "__inputs", "data")));
  assert.equal(at(properties["data"], "value", "password"), "aHVudGVyMg==");
});

test("a deleted object is gone, and deleting or reading it again is no error", async () => {
  const inputs = service("brief");
  const state = await provider.create(urn("Service", "brief"), inputs);
  await provider.remove(urn("Service", "brief"), state);
  await assert.rejects(api.send("GET", servicePath("brief")), /not found/);
  await provider.remove(urn("Service", "brief"), state);
  assert.equal((await provider.read(urn("Service", "brief"), state)).id, "");
  await assert.rejects(
    provider.update(urn("Service", "brief"), state, relabelled(inputs)),
    /update of resource .* failed: services "brief" not found\nunable to get cluster state/,
  );
});

test("a finalizer that nobody removes ends the wait at its timeout", async () => {
  const metadata = { name: "stuck", namespace: NAMESPACE, finalizers: ["example.com/stuck"] };
  const inputs: JsonObject = { apiVersion: "v1", kind: "ConfigMap", metadata };
  const state: State = await provider.create(urn("ConfigMap", "stuck"), inputs);
  await assert.rejects(
    provider.remove(urn("ConfigMap", "stuck"), state, { timeout: 1 }),
    /timed out waiting for the condition/,
  );
});

test("a cluster that nobody serves is unreachable in Create, not in Configure", async () => {
  const clusters = [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }];
  const contexts = [{ name: "x", context: { cluster: "c" } }];
  const lost = await connectProvider(
    kubernetesService(() => undefined),
    { kubeconfig: JSON.stringify({ "current-context": "x", clusters, contexts }) },
  );
  try {
    await assert.rejects(
      lost.create(urn("Service", "a"), service("a")),
      /configured Kubernetes cluster is unreachable: .*ECONNREFUSED/,
    );
  } finally {
    lost.close();
  }
});

async function until(look: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    if (await look()) return;
  }
  throw new Error("did not happen within a minute");
}
