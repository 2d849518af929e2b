import assert from "node:assert/strict";
import { test } from "node:test";
import { validateEnterprise } from "../../components/enterprise/validate";
import { validateEnterpriseInputs } from "../../components/enterprise/validate-inputs";
import { UNKNOWN } from "../../components/unknown";

const template = (container: object = {}, spec: object = {}) => ({
  spec: { emqxContainer: { image: { version: "4.4.14" }, ...container }, ...spec },
});

const reasons = (args: object) => validateEnterprise(args).map(({ reason }) => reason);
const of = (container: object) => reasons({ template: template(container) });

test("the least that is needed is the version", () => {
  assert.deepEqual(reasons({ template: template() }), []);
  assert.match(reasons({}).join(), /`template` to be set/);
  assert.match(
    of({ image: {} }).join(),
    /`template\.spec\.emqxContainer\.image\.version` to be set/,
  );
});

test("an unknown field is named with those that exist", () => {
  assert.match(
    of({ emqxConf: {} }).join(),
    /Unknown field `template\.spec\.emqxContainer\.emqxConf`/,
  );
  assert.match(reasons({ template: template(), replica: 3 }).join(), /Unknown field `replica`/);
});

test("exactly one way to give the licence", () => {
  const license = (given: object) => reasons({ template: template(), license: given });
  assert.deepEqual(license({ stringData: "x" }), []);
  assert.match(
    license({ stringData: "x", secretName: "y" }).join(),
    /got stringData and secretName/,
  );
  assert.match(license({}).join(), /got none/);
});

test("settings by which the nodes find each other are not the user's", () => {
  assert.deepEqual(of({ emqxConfig: { "cluster.discovery": "dns", name: "a" } }), []);
  assert.match(of({ emqxConfig: { "cluster.discovery": "k8s" } }).join(), /to be `dns`/);
  assert.match(
    of({ emqxConfig: { "node.cookie": "a" } }).join(),
    /cannot be set: one is generated/,
  );
  assert.match(of({ emqxConfig: { "management.listener.http": "" } }).join(), /end in a port/);
});

test("labels that tell the colours apart are not the user's", () => {
  const metadata = { labels: { "emqx.io/revision": "x" } };
  assert.match(reasons({ template: { metadata, ...template() } }).join(), /cannot contain/);
});

test("a secret is not shown", () => {
  const all = of({ bootstrapAPIKeys: [{ key: "a", secret: "x:y" }] }).join();
  assert.match(all, /it is a secret/);
  assert.doesNotMatch(all, /x:y/);
});

test("fields shared with EmqxCluster are judged by its rules", () => {
  assert.match(reasons({ template: template(), name: "Upper" }).join(), /`name` to be/);
  assert.match(reasons({ template: template(), updateStrategy: { gate: "x" } }).join(), /gate/);
  assert.match(
    reasons({ template: template(), updateStrategy: { evacuationStrategy: {} } }).join(),
    /Unknown field `updateStrategy\.evacuationStrategy`/,
  );
});

test("what is not known yet is passed over", () => {
  assert.deepEqual(reasons({ template: UNKNOWN, license: UNKNOWN, name: "a" }), []);
  assert.deepEqual(of({ emqxConfig: UNKNOWN, env: UNKNOWN, image: UNKNOWN }), []);
});

test("the rollout's inputs are judged as the arguments that they were", () => {
  const inputs = {
    name: "emqx-ee",
    namespace: "default",
    image: "emqx/emqx-ee:4.4.14",
    enterprise: {
      license: { secretName: "emqx-ee-license", key: "emqx.lic" },
      licenseDigest: "a",
      passwordDigest: "b",
      template: template(),
    },
  };
  assert.deepEqual(validateEnterpriseInputs(inputs), []);
  const wrong = { ...inputs, enterprise: { ...inputs.enterprise, replicas: 0 } };
  assert.match(JSON.stringify(validateEnterpriseInputs(wrong)), /replicas/);
});
