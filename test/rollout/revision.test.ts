import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonical } from "../../components/rollout/canonical";
import type { RolloutInputs } from "../../components/rollout/inputs";
import {
  chooseRevision,
  fingerprintOf,
  HASH_VERSION,
  replicantRevisionOf,
  revisionsOf,
} from "../../components/rollout/revision";

const base: RolloutInputs = { name: "emqx", namespace: "default", image: "emqx/emqx:6.1.0" };
const revision = (changes: Partial<RolloutInputs> = {}) =>
  revisionsOf({ ...base, ...changes })[0]?.revision;
const spec = (fields: Record<string, unknown>) => ({ coreTemplate: { spec: fields } });

/** Settings of everything that version 1 and 2 see differently. */
const golden: Partial<RolloutInputs> = {
  config: { data: "a = 1", roots: { mqtt: { max_packet_size: "2MB" } } },
  coreTemplate: {
    metadata: { labels: { a: "b" } },
    spec: { env: [{ name: "A", value: "b" }] },
  },
};

test("is eight letters that a pod's name may contain, and frozen for this version of the hash", () => {
  assert.match(revision() ?? "", /^[bcdfghjklmnpqrstvwxz2456789]{8}$/);
  assert.equal(HASH_VERSION, 2);
  assert.equal(revision(), "lkh5z7mz");
  assert.equal(revision(golden), "wkt87789");
  const data = 'listeners.tcp.default { bind = "1884", acceptors = 4 }\nnode.a = [1, {b = "c d"}]';
  assert.equal(revision({ config: { data, roots: { rpc: { mode: "sync" } } } }), "jghhtm6v");
  assert.equal(replicantRevisionOf(base), "78z7lqt9");
  assert.equal(
    replicantRevisionOf({ ...base, replicantTemplate: { spec: { nodeName: "a" } } }),
    "pjkkmn6z",
  );
});

test("version 1 is frozen, and an existing cluster's revision by it stays", () => {
  const first = (inputs: RolloutInputs) =>
    revisionsOf(inputs).find(({ hashVersion }) => hashVersion === 1)?.revision;
  assert.equal(first(base), "lkh5z7mz");
  assert.equal(first({ ...base, ...golden }), "f9rtv25f");
  assert.notEqual(first({ ...base, licenseDigest: "1" }), first(base));
  assert.deepEqual(chooseRevision({ ...base, ...golden }, [null, "f9rtv25f"]), {
    revision: "f9rtv25f",
    hashVersion: 1,
  });
  assert.equal(chooseRevision({ ...base, ...golden }, ["f9rtv25f/x"]).revision, "f9rtv25f");
  assert.equal(chooseRevision({ ...base, ...golden }, ["x/f9rtv25f"]).hashVersion, 2);
});

test("changes with everything that shapes the pod", () => {
  const changes: Partial<RolloutInputs>[] = [
    {},
    { image: "emqx/emqx:6.1.1" },
    { imagePullPolicy: "Always" },
    { imagePullSecrets: [{ name: "a" }] },
    { serviceAccountName: "other" },
    { clusterDomain: "example.org" },
    { apiKeysDigest: "1" },
    { config: { data: "node.process_limit = 1" } },
    { config: { data: "node.process_limit = 2" } },
    { config: { roots: { node: { process_limit: 3 } } } },
    { config: { data: "${?a}" } },
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
    { licenseDigest: "1" },
    { licenseFacts: { type: "evaluation", maxSessions: 25 } },
    { config: { data: "mqtt.max_packet_size = 2MB" } },
    { config: { roots: { mqtt: { max_packet_size: "2MB" } } } },
    { replicantTemplate: { spec: { replicas: 3, nodeName: "a" }, ignoreReplicas: true } },
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

test("comments and order in the configuration make no difference", () => {
  const text = (data: string) => revision({ config: { data } });
  assert.equal(
    text("node { a = 1, b = 2 } # said twice"),
    text("# said once\nnode.b = 2\nnode.a = 1"),
  );
});

test("the replicants' revision is their own", () => {
  const of = (changes: Partial<RolloutInputs> = {}) => replicantRevisionOf({ ...base, ...changes });
  const template = (fields: object) => of({ replicantTemplate: fields });
  const changing = [
    of(),
    revision(),
    of({ image: "emqx/emqx:6.1.1" }),
    of({ imagePullPolicy: "Always" }),
    of({ imagePullSecrets: [{ name: "a" }] }),
    of({ serviceAccountName: "other" }),
    of({ clusterDomain: "example.org" }),
    of({ apiKeysDigest: "1" }),
    of({ config: { roots: { node: { a: 1 } } } }),
    template({ metadata: { labels: { a: "b" } } }),
    template({ spec: { env: [{ name: "A", value: "b" }] } }),
  ];
  assert.equal(new Set(changing).size, changing.length);
  for (const same of [
    spec({ env: [{ name: "A", value: "b" }] }),
    { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain" } },
    { licenseDigest: "1" },
    { config: { roots: { mqtt: { a: 1 } } } },
    { replicantTemplate: { spec: { replicas: 9, maxUnavailable: 2 }, ignoreReplicas: true } },
    { replicantTemplate: { spec: { terminationGracePeriodSeconds: 60 } } },
  ] satisfies Partial<RolloutInputs>[]) {
    assert.equal(of(same), of(), JSON.stringify(same));
  }
});

test("the fingerprint names the fields of both roles", () => {
  const before = fingerprintOf({ ...base, replicantTemplate: {} }, HASH_VERSION);
  const after = fingerprintOf(
    {
      ...base,
      licenseDigest: "1",
      coreTemplate: { spec: { nodeName: "a" } },
      replicantTemplate: { spec: { nodeName: "a" } },
      config: { roots: { node: { a: 1 }, mqtt: { a: 1 } } },
    },
    HASH_VERSION,
  );
  assert.deepEqual(Object.keys(before), ["image"]);
  assert.deepEqual(Object.keys(after).sort(), [
    "config.roots.node",
    "coreTemplate.spec.nodeName",
    "image",
    "replicantTemplate.spec.nodeName",
  ]);
  assert.equal(after.image, before.image);
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
