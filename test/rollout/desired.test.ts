import assert from "node:assert/strict";
import { test } from "node:test";
import { aimOf, desiredOf } from "../../components/rollout/desired";
import { goalOf } from "../../components/rollout/goal";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { replicantRevisionOf, revisionsOf } from "../../components/rollout/revision";

const base: RolloutInputs = { name: "emqx", namespace: "default", image: "emqx/emqx:6.1.0" };

test("without a template there are no replicants, nor with zero of them", () => {
  assert.equal(desiredOf(base, []).replicants, undefined);
  const none = { ...base, replicantTemplate: { spec: { replicas: 0 } } };
  assert.equal(desiredOf(none, []).replicants, undefined);
  assert.equal(desiredOf(none, []).revision, desiredOf(base, []).revision);
});

test("replicants have a revision of their own, two by default", () => {
  const inputs = { ...base, replicantTemplate: {} };
  const { replicants, revision } = desiredOf(inputs, []);
  assert.deepEqual(replicants, {
    revision: replicantRevisionOf(inputs),
    replicas: 2,
    ignoreReplicas: false,
  });
  assert.notEqual(replicants?.revision, revision);
  const scaled = { ...base, replicantTemplate: { spec: { replicas: 5 }, ignoreReplicas: true } };
  assert.deepEqual(desiredOf(scaled, []).replicants, {
    revision: replicants?.revision,
    replicas: 5,
    ignoreReplicas: true,
  });
});

test("a template changes its own side only", () => {
  const inputs = { ...base, replicantTemplate: {} };
  const before = desiredOf(inputs, []);
  const cores = desiredOf({ ...inputs, coreTemplate: { spec: { nodeName: "a" } } }, []);
  assert.equal(cores.replicants?.revision, before.replicants?.revision);
  assert.notEqual(cores.revision, before.revision);
  const others = desiredOf({ ...base, replicantTemplate: { spec: { nodeName: "a" } } }, []);
  assert.notEqual(others.replicants?.revision, before.replicants?.revision);
  assert.equal(others.revision, before.revision);
});

test("a goal that exists keeps its core revision and version of the hash", () => {
  const inputs: RolloutInputs = { ...base, licenseDigest: "1", replicantTemplate: {} };
  const [, first] = revisionsOf(inputs);
  assert.equal(first?.hashVersion, 1);
  const { desired, hashVersion } = aimOf(inputs, [null, `${first?.revision}/whatever`]);
  assert.equal(desired.revision, first?.revision);
  assert.equal(hashVersion, 1);
  assert.equal(aimOf(inputs, [undefined]).hashVersion, 2);
  assert.deepEqual(aimOf(inputs, [goalOf(desiredOf(inputs, []))]).hashVersion, 2);
});

test("says what is put into force without new pods, and what the licence allows", () => {
  const facts = { type: "evaluation", maxSessions: 25 } as const;
  const config = { roots: { mqtt: { max_packet_size: "2MB" } } };
  const desired = desiredOf({ ...base, licenseDigest: "1", licenseFacts: facts, config }, []);
  assert.equal(desired.settings?.license, "1");
  assert.match(desired.settings?.config ?? "", /^[0-9a-f]{16}$/);
  assert.deepEqual(desired.license, facts);
  assert.deepEqual(desiredOf(base, []).settings, {});
  assert.equal("license" in desiredOf(base, []), false);
});
