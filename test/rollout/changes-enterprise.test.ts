import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { appliedOf, changesSince } from "../../components/rollout/changes";
import type { EnterpriseInputs } from "../../components/enterprise/inputs";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { HASH_VERSION } from "../../components/rollout/revision";

/** Document 002's cluster. */
const enterprise: EnterpriseInputs = {
  replicas: 3,
  licenseDigest: "a",
  blueGreenUpdate: { initialDelaySeconds: 5, evacuationStrategy: { connEvictRate: 10 } },
  template: { spec: { emqxContainer: { image: { version: "4.4.14" } } } },
};
const container = (name: string): Partial<EnterpriseInputs> => ({
  template: { spec: { emqxContainer: { image: { version: "4.4.14" }, name } } },
});
const inputs = (over: Partial<EnterpriseInputs> = {}, image = "emqx/emqx-ee:4.4.14") => {
  const given = { ...enterprise, ...over };
  const found: RolloutInputs = { name: "e", namespace: "default", image, enterprise: given };
  return found;
};
const changes = (after: RolloutInputs, before = inputs()) =>
  changesSince(appliedOf(before, HASH_VERSION), after);
const causes = (after: RolloutInputs, before = inputs()) =>
  changes(after, before).map(({ path, effect }) => `${path} -> ${effect}`);

describe("EMQX 4.4", () => {
  test("a renamed container exchanges every pod, as in document 002", () => {
    assert.deepEqual(causes(inputs(container("emqx-ee-a"))), [
      "template.spec.emqxContainer.name -> blue-green",
    ]);
  });

  test("an image is shown with both values, a licence without", () => {
    const after = inputs({ licenseDigest: "b" }, "emqx/emqx-ee:4.4.16");
    assert.deepEqual(changes(after), [
      { path: "license", effect: "blue-green" },
      {
        path: "template.spec.emqxContainer.image",
        effect: "blue-green",
        from: "emqx/emqx-ee:4.4.14",
        to: "emqx/emqx-ee:4.4.16",
      },
    ]);
  });

  test("replicas and pace are told by the names of its custom resource", () => {
    const pace = { ...enterprise.blueGreenUpdate, evacuationStrategy: { connEvictRate: 20 } };
    assert.deepEqual(causes(inputs({ replicas: 5, blueGreenUpdate: pace })), [
      "replicas -> scale",
      "blueGreenUpdate.evacuationStrategy.connEvictRate -> settings",
    ]);
  });

  test("without blueGreenUpdate pods are renewed in place", () => {
    const rolling = inputs({ blueGreenUpdate: undefined });
    const after = inputs({ blueGreenUpdate: undefined, ...container("other") });
    assert.deepEqual(causes(after, rolling), ["template.spec.emqxContainer.name -> rolling"]);
  });

  test("taking blueGreenUpdate up or away exchanges the sets once", () => {
    const rolling = inputs({ blueGreenUpdate: undefined });
    assert.ok(causes(inputs(), rolling).includes("blueGreenUpdate -> blue-green"));
    assert.ok(causes(rolling, inputs()).includes("blueGreenUpdate -> blue-green"));
  });
});
