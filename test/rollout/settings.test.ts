import assert from "node:assert/strict";
import { test } from "node:test";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { hotSettingsOf } from "../../components/rollout/settings";

const settings = (over: Partial<RolloutInputs>) =>
  hotSettingsOf({ name: "emqx", namespace: "default", image: "emqx/emqx:6.1.0", ...over });

test("only hot roots are sent, and their digest follows their content alone", () => {
  const plain = settings({ config: { data: "node.x = 1\nmqtt.a = 1\nlog { b = 2 }" } });
  assert.equal(plain.hocon, "log {\n  b = 2\n}\nmqtt {\n  a = 1\n}\n");
  assert.match(plain.digests.config ?? "", /^[0-9a-f]{16}$/);
  const other = settings({ config: { data: "# c\nlog.b = 2, mqtt { a = 1 }\nnode.x = 5" } });
  assert.equal(other.digests.config, plain.digests.config);
  const changed = settings({ config: { data: "mqtt.a = 2\nlog { b = 2 }" } });
  assert.notEqual(changed.digests.config, plain.digests.config);
});

test("nothing hot leaves nothing to send", () => {
  const none = { hocon: "", mode: "merge", digests: {} };
  assert.deepEqual(settings({}), none);
  assert.deepEqual(settings({ config: { data: "node.x = 1" } }), none);
  assert.deepEqual(settings({ config: { data: "mqtt.a = ${b}" } }), none);
});

test("the mode is EMQX's own word", () => {
  assert.equal(settings({ config: { mode: "Replace" } }).mode, "replace");
  assert.equal(settings({ config: { mode: "Merge" } }).mode, "merge");
});

test("a licence is named by its Secret, never by itself", () => {
  const { licenseSecret, digests } = settings({ licenseDigest: "d" });
  assert.deepEqual(licenseSecret, { name: "emqx-license", key: "license" });
  assert.deepEqual(digests, { license: "d" });
});
