import assert from "node:assert/strict";
import test from "node:test";
import { checkpoint } from "../../../../sandbox/plugins/kubernetes/checkpoint";
import { diff } from "../../../../sandbox/plugins/kubernetes/diff";
import { settings } from "../../../../sandbox/plugins/kubernetes/settings";
import type { JsonObject } from "../../../../sandbox/plugins/rpc/json";
import { secret, UNKNOWN } from "../../../../sandbox/plugins/rpc/properties";

const metadata = { name: "a", namespace: "n" };

function compare(
  olds: JsonObject,
  news: JsonObject,
  options: { live?: JsonObject; ignore?: string[]; args?: JsonObject } = {},
) {
  const result = diff(
    {
      urn: `urn:pulumi:dev::p::kubernetes:core/v1:${String(olds["kind"])}::a`,
      olds: checkpoint({ ...olds, ...options.live }, olds, "pulumi-kubernetes-00000000"),
      news,
      ignoreChanges: options.ignore ?? [],
    },
    settings([], options.args ?? {}),
  );
  return { ...result, detailed: Object.fromEntries(result.detailed) };
}

const service = (spec: JsonObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { ...metadata, ...more },
  spec,
});
const configMap = (data: JsonObject, name = "a", more: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...metadata, name },
  data,
  ...more,
});

test("what others added to the live object is no difference", () => {
  const inputs = service({ ports: [{ port: 1883 }] });
  const live = { spec: { ports: [{ port: 1883, protocol: "TCP" }], selector: { color: "blue" } } };
  assert.deepEqual(compare(inputs, inputs, { live }).detailed, {});
});

test("drift in a field that the program speaks about is a difference", () => {
  const inputs = service({ selector: { color: "green" } });
  const live = { spec: { selector: { color: "blue" } } };
  assert.deepEqual(Object.keys(compare(inputs, inputs, { live }).detailed), [
    "spec.selector.color",
  ]);
});

test("differences are leaves, a whole map that appears is one, and a selector that goes is one", () => {
  const olds = service({ ports: [{ port: 1 }], selector: { a: "b" } });
  const news = service({ ports: [{ port: 2 }] }, { labels: { x: "y" } });
  assert.deepEqual(compare(olds, news).detailed, {
    "metadata.labels": { kind: "add", replace: false },
    "spec.ports[0].port": { kind: "update", replace: false },
    "spec.selector": { kind: "delete", replace: false },
  });
});

test("an annotation's path is quoted and an unknown is an update", () => {
  const olds = service({ type: "ClusterIP" }, { annotations: { "a/b": "1" } });
  const news = service({ type: UNKNOWN }, { annotations: { "a/b": "1", "c.d/e": "2" } });
  assert.deepEqual(compare(olds, news).detailed, {
    'metadata.annotations["c.d/e"]': { kind: "add", replace: false },
    "spec.type": { kind: "update", replace: false },
  });
});

test("an empty map is no difference, an empty list is", () => {
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata };
  const news = { ...role, metadata: { ...metadata, labels: {} }, rules: [] };
  assert.deepEqual(Object.keys(compare(role, news).detailed), ["rules"]);
});

test("data of a ConfigMap with a fixed name is deleted before it is replaced", () => {
  const result = compare(configMap({ a: "1" }), configMap({ a: "2" }));
  assert.deepEqual(result.replaces, ["data.a"]);
  assert.equal(result.deleteBeforeReplace, true);
});

test("an autonamed or renamed ConfigMap is created before the old one is deleted", () => {
  const annotations = { "pulumi.com/autonamed": "true" };
  const autonamed = (value: string): JsonObject => ({
    ...configMap({ a: value }),
    metadata: { ...metadata, annotations },
  });
  const byData = compare(autonamed("1"), autonamed("2"));
  assert.deepEqual([byData.replaces, byData.deleteBeforeReplace], [["data.a"], false]);
  const byName = compare(configMap({ a: "1" }), configMap({ a: "1" }, "b"));
  assert.deepEqual([byName.replaces, byName.deleteBeforeReplace], [["metadata.name"], false]);
});

test("the mutable flag makes data an update, unless the object is immutable", () => {
  const args = { enableConfigMapMutable: "true" };
  const mutable = compare(configMap({ a: "1" }), configMap({ a: "2" }), { args });
  assert.deepEqual([Object.keys(mutable.detailed), mutable.replaces], [["data.a"], []]);
  const frozen = (value: string): JsonObject => configMap({ a: value }, "a", { immutable: true });
  assert.deepEqual(compare(frozen("1"), frozen("2"), { args }).replaces, ["data.a"]);
});

test("a Secret fed by an unknown replaces both of its forms", () => {
  const secretly = { apiVersion: "v1", kind: "Secret", metadata };
  const olds = { ...secretly, data: secret({ a: "eA==" }) };
  const result = compare(olds, { ...secretly, stringData: secret({ a: UNKNOWN }) });
  assert.deepEqual(result.replaces.sort(), ["data", "stringData"]);
  assert.equal(result.deleteBeforeReplace, true);
});

test("a Service's clusterIP replaces it", () => {
  const result = compare(service({ clusterIP: "None" }), service({ clusterIP: "10.0.0.9" }));
  assert.deepEqual(result.replaces, ["spec.clusterIP"]);
  assert.equal(result.deleteBeforeReplace, true);
});

test("ignored changes are not reported", () => {
  const olds = service({ selector: { color: "blue" } });
  const news = service({ selector: { color: "green" } });
  assert.deepEqual(compare(olds, news, { ignore: ["spec.selector"] }).detailed, {});
});
