/** What every object that is made of accepted arguments must keep to, whoever judges it later. */
import assert from "node:assert/strict";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { siteOf } from "../../components/rollout/inputs";
import { manifestsOf } from "../../components/rollout/manifests";
import { revisionsOf } from "../../components/rollout/revision";
import { coreNodeName, names } from "../../components/labels";
import { servicePorts } from "../../components/services";
import type { KubernetesObject } from "../../components/rollout/types";

type Json = Record<string, unknown>;

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z\d]([-\w.]{0,61}[A-Za-z\d])?)?$/;
const KEY = /^([a-z\d.-]{1,253}\/)?[A-Za-z\d]([-\w.]{0,61}[A-Za-z\d])?$/;
const ENV = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/** Makes everything that a rollout makes, and looks at it. */
export function assertWellFormed(inputs: RolloutInputs): void {
  const site = siteOf(inputs);
  const revision = revisionsOf(inputs)[0]?.revision ?? "";
  assert.match(revision, /^[a-z0-9]{8}$/);
  for (const name of Object.values(names)) assert.match(name(site.name, revision), LABEL);
  const node = coreNodeName(site, `${names.coreSet(site.name, revision)}-999`);
  assert.match(node, /^[\w-]+@[a-z0-9.-]+$/);
  assert.ok(node.length <= 255, node);
  for (const label of node.split("@")[1]?.split(".") ?? []) assert.match(label, LABEL);

  const manifests = manifestsOf(inputs, site);
  const roles = inputs.replicantTemplate == null ? (["core"] as const) : ROLES;
  for (const role of roles) {
    const { configMap, workload } = manifests(role, revision, 3);
    for (const object of [configMap, workload]) assertObject(object);
    assertPod((workload.spec as { template: Pod }).template);
  }
  if (!inputs.enterprise) assertPorts(servicePorts(inputs).listeners);
  assert.equal(({} as Json).polluted, undefined, "Object.prototype was changed");
}

const ROLES = ["core", "replicant"] as const;

function assertObject(object: KubernetesObject): void {
  assert.deepEqual(JSON.parse(JSON.stringify(object)), object, "not plain JSON");
  assert.match(object.metadata.name, LABEL);
  assertMetadata(object.metadata);
}

function assertMetadata(metadata: { labels?: object; annotations?: object } = {}): void {
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    assert.match(key, KEY);
    assert.match(String(value), LABEL_VALUE);
  }
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    assert.match(key, KEY);
    assert.equal(typeof value, "string");
  }
}

interface Pod {
  metadata: { labels?: object; annotations?: object };
  spec: {
    containers: { name: string; env?: Json[]; volumeMounts?: Json[]; ports?: Json[] }[];
    initContainers?: { name: string }[];
    volumes: { name: string }[];
    nodeSelector?: object;
  };
}

function assertPod({ metadata, spec }: Pod): void {
  assertMetadata(metadata);
  assertMetadata({ labels: spec.nodeSelector });
  const containers = [...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name);
  assertDistinct(containers);
  assertDistinct(spec.volumes.map(({ name }) => name));
  for (const name of [...containers, ...spec.volumes.map((each) => each.name)]) {
    assert.match(name, LABEL);
  }
  const [emqx] = spec.containers;
  assertDistinct((emqx?.volumeMounts ?? []).map(({ mountPath }) => String(mountPath)));
  for (const { name, value } of emqx?.env ?? []) {
    assert.match(String(name), ENV);
    if (value === undefined || value === null) continue;
    assert.equal(typeof value, "string");
    assert.ok(!String(value).includes("\0"));
    assert.ok(Buffer.byteLength(`${String(name)}=${String(value)}`) < 131_072);
  }
}

function assertPorts(ports: { name: string; port: number }[]): void {
  assertDistinct(ports.map(({ name }) => name));
  for (const { name, port } of ports) {
    assert.match(name, LABEL);
    assert.ok(port > 0 && port < 65_536);
  }
}

const assertDistinct = (all: string[]): void =>
  assert.equal(new Set(all).size, all.length, `twice in ${all.join(", ")}`);
