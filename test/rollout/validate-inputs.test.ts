import assert from "node:assert/strict";
import { test } from "node:test";
import type { RolloutInputs } from "../../components/rollout/inputs";
import type { LicenseFacts } from "../../components/rollout/types";
import { validateRollout } from "../../components/rollout/validate-inputs";
import { UNKNOWN } from "../../components/unknown";

const single: LicenseFacts = { type: "single-node", maxSessions: 10_000_000 };
const base: RolloutInputs = {
  name: "emqx",
  namespace: "default",
  image: "emqx/emqx:6.1.0",
  licenseDigest: "1",
  licenseFacts: single,
};
const reasons = (changes: Partial<RolloutInputs> = {}, olds?: object) =>
  validateRollout({ ...base, ...changes }, olds).map(({ reason }) => reason);

test("judges the arguments and overlooks what the component adds", () => {
  const services = { listeners: { uid: "1" } };
  assert.deepEqual(reasons({ apiKeysDigest: "1", services, __urn: "urn" }), []);
  assert.match(reasons({ clusterDomain: "-" }).join(), /`clusterDomain`/);
});

test("refuses an expired licence with its date", () => {
  const licenseFacts: LicenseFacts = { type: "official", expiresOn: "2020-02-01", maxSessions: 9 };
  const found = validateRollout({ ...base, licenseFacts });
  assert.equal(found[0]?.property, "license");
  assert.match(found[0]?.reason ?? "", /last day was 2020-02-01/);
});

test("a single-node licence serves one core without replicants", () => {
  assert.deepEqual(reasons(), []);
  const three = { coreTemplate: { spec: { replicas: 3 } } };
  assert.match(reasons(three).join(), /to allow 3 nodes, got a single-node licence/);
  assert.match(reasons({ replicantTemplate: {} }).join(), /to allow 3 nodes/);
  assert.deepEqual(reasons({ replicantTemplate: { spec: { replicas: 0 } } }), []);
  assert.deepEqual(reasons({ ...three, licenseFacts: { type: "official" } }), []);
});

test("a single-node licence allows what needs no second core, and no upgrade", () => {
  assert.deepEqual(reasons({ updateStrategy: { initialDelaySeconds: 1 } }, base), []);
  assert.deepEqual(reasons({ config: { roots: { mqtt: { a: 1 } } } }, base), []);
  assert.deepEqual(reasons({}, {}), []);
  assert.match(reasons({ image: "emqx/emqx:6.2.0" }, base).join(), /to allow 2 nodes at once/);
  assert.deepEqual(reasons({ name: "other", image: "emqx/emqx:6.2.0" }, base), []);
});

test("is silent while something is not known", () => {
  const three = { coreTemplate: { spec: { replicas: 3 } } };
  const unknown = UNKNOWN as unknown as LicenseFacts;
  assert.deepEqual(reasons({ ...three, licenseFacts: unknown }), []);
  assert.deepEqual(reasons({ image: UNKNOWN }, base), []);
});
