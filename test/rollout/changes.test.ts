import assert from "node:assert/strict";
import { test } from "node:test";
import { appliedOf, changesSince } from "../../components/rollout/changes";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { HASH_VERSION } from "../../components/rollout/revision";

const before: RolloutInputs = {
  name: "emqx",
  namespace: "default",
  image: "emqx/emqx:6.0.1",
  coreTemplate: { spec: { replicas: 3, env: [{ name: "TOKEN", value: "hidden-1" }] } },
  services: { listeners: { uid: "a", resourceVersion: "1" } },
};
const applied = appliedOf(before, HASH_VERSION);
const changes = (over: Partial<RolloutInputs>) => changesSince(applied, { ...before, ...over });
const causes = (over: Partial<RolloutInputs>) =>
  changes(over).map(({ path, effect }) => `${path} -> ${effect}`);

test("nothing changed means no change", () => {
  assert.deepEqual(changes({}), []);
  assert.deepEqual(changes({ imagePullPolicy: "IfNotPresent", updateStrategy: {} }), []);
});

test("an image is shown with both values", () => {
  assert.deepEqual(changes({ image: "emqx/emqx:6.1.0" }), [
    { path: "image", effect: "blue-green", from: "emqx/emqx:6.0.1", to: "emqx/emqx:6.1.0" },
  ]);
});

test("a field that may hold a secret is named, never shown", () => {
  const found = changes({
    coreTemplate: { spec: { replicas: 3, env: [{ name: "TOKEN", value: "hidden-2" }] } },
  });
  assert.deepEqual(found, [{ path: "coreTemplate.spec.env", effect: "blue-green" }]);
  assert.doesNotMatch(JSON.stringify(applied), /hidden/);
});

test("each field has its own effect", () => {
  assert.deepEqual(
    causes({
      imagePullPolicy: "Always",
      licenseDigest: "new",
      config: { mode: "Replace", roots: { mqtt: { a: 1 } } },
      coreTemplate: { spec: { replicas: 5 } },
      updateStrategy: { gate: "manual", evacuationStrategy: { connEvictRate: 5 } },
      revisionHistoryLimit: 1,
      services: { listeners: { uid: "b", resourceVersion: "9" } },
    }),
    [
      "config.roots.mqtt -> blue-green",
      "coreTemplate.spec.env -> blue-green",
      "imagePullPolicy -> blue-green",
      "license -> blue-green",
      "coreTemplate.spec.replicas -> scale",
      "updateStrategy.evacuationStrategy.connEvictRate -> settings",
      "updateStrategy.gate -> settings",
      "services.listeners -> settings",
      "config.mode -> nothing",
      "revisionHistoryLimit -> nothing",
    ],
  );
});

test("a Service of which nothing is known decides nothing", () => {
  assert.deepEqual(changes({ services: undefined }), []);
  assert.deepEqual(changes({ services: { listeners: {} } }), []);
});
