import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { kubernetesService } from "../../../../sandbox/plugins/kubernetes/service";
import { textAt, type JsonObject } from "../../../../sandbox/plugins/rpc/json";
import { sandboxDown, sandboxUp } from "../../../../sandbox/sandbox";
import { connectProvider, type Provider } from "../provider-client";

const parent = mkdtempSync(join(tmpdir(), "pulumi-emqx-test-"));
const dir = join(parent, "sandbox");
const said: string[] = [];
let provider: Provider;

before(async () => {
  const { kubeconfig } = await sandboxUp({ dir });
  provider = await connectProvider(
    kubernetesService((_severity, _urn, line) => void said.push(line)),
    { kubeconfig },
  );
});
after(async () => {
  provider?.close();
  await sandboxDown({ dir, purge: true });
  rmSync(parent, { recursive: true, force: true });
});

const urn = (type: string, name: string): string =>
  `urn:pulumi:dev::p::kubernetes:${type}::${name}`;
const CRD = urn("apiextensions.k8s.io/v1:CustomResourceDefinition", "monitors");
const MONITOR = urn("monitoring.example.com/v1:PodMonitor", "monitor");

const definition: JsonObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "podmonitors.monitoring.example.com" },
  spec: {
    group: "monitoring.example.com",
    scope: "Namespaced",
    names: { kind: "PodMonitor", plural: "podmonitors", singular: "podmonitor" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["interval"],
                properties: { interval: { type: "string" } },
              },
            },
          },
        },
      },
    ],
  },
};

const monitor = (spec: JsonObject): JsonObject => ({
  apiVersion: "monitoring.example.com/v1",
  kind: "PodMonitor",
  metadata: { name: "emqx" },
  spec,
});

test("A custom resource waits for its definition, is checked by it, updated and deleted", async () => {
  const checked = await provider.check(MONITOR, monitor({ interval: "10s" }));
  assert.equal(textAt(checked, "metadata", "namespace"), "default", "a kind that is not there yet");
  const [created] = await Promise.all([
    provider.create(MONITOR, checked),
    provider.create(CRD, definition),
  ]);
  assert.equal(created.id, "default/emqx");
  assert.match(
    said.join("\n"),
    /no matches for kind "PodMonitor" in version "monitoring.example.com\/v1"/,
  );
  const wanted = await provider.check(MONITOR, monitor({ interval: "5s" }), checked);
  const { diffsList } = await provider.diff(MONITOR, created.properties, wanted);
  assert.deepEqual(diffsList, ["spec.interval"]);
  const updated = await provider.update(MONITOR, created, wanted);
  assert.equal(textAt(updated.properties, "spec", "interval"), "5s");
  await assert.rejects(
    provider.update(
      MONITOR,
      updated,
      await provider.check(MONITOR, monitor({ interval: 5 }), checked),
    ),
    /spec.interval: expected string/,
  );
  await provider.remove(MONITOR, updated);
  assert.equal((await provider.read(MONITOR, updated)).id, "");
});

test("A custom resource of a kind that nobody defined is only found out by a real update", async () => {
  const absent = { ...monitor({}), apiVersion: "nobody.example.com/v1" };
  const previewed = await provider.create(MONITOR, absent, { preview: true });
  assert.deepEqual(previewed.properties, absent);
});

test("A Secret of a type of its own keeps it, and another type is another Secret", async () => {
  const basicAuth = urn("core/v1:Secret", "auth");
  const inputs: JsonObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "emqx-basic-auth", namespace: "default" },
    type: "kubernetes.io/basic-auth",
    stringData: { username: "admin", password: "public" },
  };
  const state = await provider.create(basicAuth, await provider.check(basicAuth, inputs));
  assert.equal(textAt(state.properties, "type"), "kubernetes.io/basic-auth");
  const other = await provider.check(basicAuth, { ...inputs, type: "Opaque" });
  const { replacesList } = await provider.diff(basicAuth, state.properties, other);
  assert.deepEqual(replacesList, ["type"]);
});
