import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { declaredHocon, driftToMend, hotKeysOf } from "../../components/rollout/hot-keys";

const image = "emqx/emqx:6.1.0";
const config = {
  data: 'mqtt.max_packet_size = 2MB\nzones."a.b".mqtt.x = 1\nlimiter.1.rate = 5',
  roots: { connectors: { http: { a: { url: "http://u:hidden-pw@h" } } } },
};

test("values are kept of harmless settings only, the others are one digest of their root", () => {
  const keys = hotKeysOf({ image, config });
  assert.deepEqual(Object.keys(keys ?? {}).sort(), [
    "connectors",
    "limiter.1.rate",
    "mqtt.max_packet_size",
    "zones.a.b.mqtt.x",
  ]);
  assert.equal(keys?.["mqtt.max_packet_size"]?.value, "2MB");
  assert.equal(keys?.connectors?.value, undefined);
  assert.doesNotMatch(JSON.stringify(keys), /hidden-pw/);
});

test("a digest of a root follows all of it", () => {
  const other = { ...config, roots: { connectors: { http: { a: { url: "http://h" } } } } };
  assert.notEqual(
    hotKeysOf({ image, config })?.connectors?.digest,
    hotKeysOf({ image, config: other })?.connectors?.digest,
  );
});

test("text that cannot be split has no hot keys", () => {
  assert.equal(hotKeysOf({ image, config: { data: "a = ${b}" } }), undefined);
});

test("what is kept can be written down again, without what an environment variable hides", () => {
  const coreTemplate = { spec: { env: [{ name: "EMQX_MQTT__MAX_PACKET_SIZE", value: "1MB" }] } };
  assert.equal(
    declaredHocon(hotKeysOf({ image, config })),
    'limiter."1".rate = 5\nmqtt.max_packet_size = 2MB\nzones.a.b.mqtt.x = 1\n',
  );
  assert.doesNotMatch(declaredHocon(hotKeysOf({ image, config, coreTemplate })), /max_packet_size/);
  assert.equal(declaredHocon(undefined), "");
});

describe("drift to mend", () => {
  const seen = [{ key: "mqtt.max_packet_size", declared: "1MB", found: "5MB" }];

  test("is set back to what is declared now", () => {
    assert.deepEqual(driftToMend(seen, { image, config }), [{ ...seen[0], declared: "2MB" }]);
  });

  test("is none where the program has taken the change over, or no longer speaks of it", () => {
    const taken = { data: "mqtt.max_packet_size = 5120KB" };
    assert.deepEqual(driftToMend(seen, { image, config: taken }), []);
    assert.deepEqual(driftToMend(seen, { image }), []);
    assert.deepEqual(driftToMend(undefined, { image, config }), []);
  });
});
