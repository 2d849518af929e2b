import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonical } from "../../components/rollout/canonical";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { chooseRevision, HASH_VERSION, revisionsOf } from "../../components/rollout/revision";

const base: RolloutInputs = { name: "emqx", namespace: "default", image: "emqx/emqx:6.1.0" };
const revision = (changes: Partial<RolloutInputs> = {}) =>
  revisionsOf({ ...base, ...changes })[0]?.revision;
const spec = (fields: Record<string, unknown>) => ({ coreTemplate: { spec: fields } });

test("is eight letters that a pod's name may contain, and frozen for this version of the hash", () => {
  assert.match(revision() ?? "", /^[bcdfghjklmnpqrstvwxz2456789]{8}$/);
  assert.equal(HASH_VERSION, 1);
  assert.equal(revision(), "lkh5z7mz");
  assert.equal(
    revision({
      config: { data: "a = 1", roots: { mqtt: { max_packet_size: "2MB" } } },
      coreTemplate: {
        metadata: { labels: { a: "b" } },
        spec: { env: [{ name: "A", value: "b" }] },
      },
    }),
    "f9rtv25f",
  );
});

test("changes with everything that shapes the pod", () => {
  const changes: Partial<RolloutInputs>[] = [
    {},
    { image: "emqx/emqx:6.1.1" },
    { imagePullPolicy: "Always" },
    { imagePullSecrets: [{ name: "a" }] },
    { serviceAccountName: "other" },
    { clusterDomain: "example.org" },
    { licenseDigest: "1" },
    { licenseDigest: "2" },
    { apiKeysDigest: "1" },
    { config: { data: "a = 1" } },
    { config: { roots: { a: 1 } } },
    { coreTemplate: { metadata: { labels: { a: "b" } } } },
    { coreTemplate: { metadata: { annotations: { a: "b" } } } },
    spec({ env: [{ name: "A", value: "b" }] }),
    spec({ env: [{ name: "A", value: "c" }] }),
    spec({ resources: { limits: { cpu: "1" } } }),
    spec({ volumeClaimTemplates: { accessModes: ["ReadWriteOnce"] } }),
    { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain" } },
  ];
  const revisions = changes.map((change) => revision(change));
  assert.equal(new Set(revisions).size, revisions.length);
});

test("does not change with what leaves the pod alone", () => {
  const changes: Partial<RolloutInputs>[] = [
    { updateStrategy: { initialDelaySeconds: 1, evacuationStrategy: { connEvictRate: 5 } } },
    spec({ replicas: 5 }),
    spec({ minAvailable: 1 }),
    spec({ maxUnavailable: "50%" }),
    { revisionHistoryLimit: 9 },
    { config: { mode: "Replace" } },
    { kubeconfig: "x", context: "y", __urn: "z" },
    { services: { listeners: { uid: "1", resourceVersion: "2" } } },
  ];
  for (const change of changes) assert.equal(revision(change), revision(), JSON.stringify(change));
});

test("does not change with a default that is written out", () => {
  const changes: Partial<RolloutInputs>[] = [
    { imagePullPolicy: "IfNotPresent" },
    { serviceAccountName: "emqx" },
    { clusterDomain: "cluster.local" },
    { imagePullSecrets: [] },
    { config: {} },
    { config: { data: "", roots: {} } },
    { coreTemplate: {} },
    { coreTemplate: { metadata: { labels: {} }, spec: { env: [] } } },
    { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Delete" } },
    spec({ terminationGracePeriodSeconds: 60 }),
  ];
  for (const change of changes) assert.equal(revision(change), revision(), JSON.stringify(change));
  for (const image of ["emqx", "emqx/emqx", "host:5000/emqx", "emqx/emqx:latest"]) {
    assert.equal(revision({ image, imagePullPolicy: "Always" }), revision({ image }), image);
  }
  for (const image of ["emqx:6.1.0", "host:5000/emqx:6", "emqx@sha256:abc"]) {
    assert.equal(revision({ image, imagePullPolicy: "IfNotPresent" }), revision({ image }), image);
  }
});

test("the operator's deprecated spelling counts as the right one", () => {
  const tolerations = [{ key: "a", operator: "Exists" }];
  assert.equal(revision(spec({ toleRations: tolerations })), revision(spec({ tolerations })));
});

test("does not depend on the order of keys", () => {
  const shuffle = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffle);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, shuffle(item)]),
    );
  };
  const fields = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue());
  fc.assert(
    fc.property(fields, fields, (template, roots) => {
      const inputs = { coreTemplate: { spec: template }, config: { roots } };
      assert.equal(revision(inputs), revision(shuffle(inputs) as Partial<RolloutInputs>));
      assert.equal(canonical(inputs), canonical(shuffle(inputs)));
    }),
  );
});

test("an existing revision is aimed at, whatever version of the hash made it", () => {
  const own = revision();
  assert.deepEqual(chooseRevision(base, [null, own]), { revision: own, hashVersion: HASH_VERSION });
  assert.equal(chooseRevision(base, ["other", undefined]).revision, own);
});
