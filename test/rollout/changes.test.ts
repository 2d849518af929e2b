import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { appliedOf, changesSince } from "../../components/rollout/changes";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { HASH_VERSION } from "../../components/rollout/revision";

const before: RolloutInputs = {
  name: "emqx",
  namespace: "default",
  image: "emqx/emqx:6.0.1",
  config: {
    data: 'mqtt.max_packet_size = 1MB\nlisteners.tcp.default.bind = "1883"',
    roots: { authentication: [{ backend: "redis", password: "hidden-pw-1" }] },
  },
  licenseDigest: "a",
  coreTemplate: { spec: { replicas: 3, env: [{ name: "TOKEN", value: "hidden-1" }] } },
  services: { listeners: { uid: "a", resourceVersion: "1" } },
};
const applied = appliedOf(before, HASH_VERSION);
const changes = (over: Partial<RolloutInputs>, from = before) =>
  changesSince(appliedOf(from, HASH_VERSION), { ...from, ...over });
const causes = (over: Partial<RolloutInputs>, from = before) =>
  changes(over, from).map(({ path, effect }) => `${path} -> ${effect}`);
const config = (data: string, mode?: string): Partial<RolloutInputs> => ({
  config: { ...before.config, data, ...(mode && { mode }) },
});

test("nothing changed means no change", () => {
  assert.deepEqual(changes({}), []);
  assert.deepEqual(changes({ imagePullPolicy: "IfNotPresent", updateStrategy: {} }), []);
});

test("an image is shown with both values", () => {
  assert.deepEqual(changes({ image: "emqx/emqx:6.1.0" }), [
    { path: "image", effect: "blue-green", from: "emqx/emqx:6.0.1", to: "emqx/emqx:6.1.0" },
  ]);
});

test("an image of a release that EMQX lists no way to says so", () => {
  const [image] = changes({ image: "emqx/emqx:5.10.4" });
  assert.match(image?.why ?? "", /no way back from 6\.0 to 5\.10/);
});

test("a field that may hold a secret is named, never shown", () => {
  const found = changes({
    coreTemplate: { spec: { replicas: 3, env: [{ name: "TOKEN", value: "hidden-2" }] } },
  });
  assert.deepEqual(found, [{ path: "coreTemplate.spec.env", effect: "blue-green" }]);
  assert.doesNotMatch(JSON.stringify(applied), /hidden-/);
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
      "config.listeners -> blue-green",
      "coreTemplate.spec.env -> blue-green",
      "imagePullPolicy -> blue-green",
      "coreTemplate.spec.replicas -> scale",
      "config.data authentication -> hot",
      "config.roots mqtt.a -> hot",
      "config.roots mqtt.max_packet_size -> hot",
      "license -> license",
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

describe("configuration", () => {
  const listeners = 'listeners.tcp.default.bind = "1883"';

  test("a hot setting is told by key with both values", () => {
    assert.deepEqual(changes(config(`mqtt { max_packet_size = 2MB } # more\n${listeners}`)), [
      { path: "config.data mqtt.max_packet_size", effect: "hot", from: "1MB", to: "2MB" },
    ]);
  });

  test("comments, order and formatting are no change", () => {
    assert.deepEqual(changes(config(`${listeners}\n# x\nmqtt{max_packet_size:1MB}`)), []);
  });

  test("a removed one says what EMQX does about it", () => {
    const [removed] = changes(config(listeners));
    assert.equal(removed?.to, "(not set)");
    assert.match(removed?.why ?? "", /EMQX keeps the last value/);
    const replaced = changes(config(`mqtt.max_inflight = 3\n${listeners}`, "Replace"));
    assert.deepEqual(
      replaced.map(({ path, why }) => [path, why]),
      [
        ["config.data mqtt.max_inflight", undefined],
        ["config.data mqtt.max_packet_size", undefined],
        ["config.mode", undefined],
      ],
    );
  });

  test("one that an environment variable hides says so", () => {
    const env = [{ name: "EMQX_MQTT__MAX_PACKET_SIZE", value: "3MB" }];
    const from = { ...before, coreTemplate: { spec: { replicas: 3, env } } };
    const [hot] = changes(config(`mqtt.max_packet_size = 2MB\n${listeners}`), from);
    assert.match(hot?.why ?? "", /environment variable of the pods wins/);
  });

  test("a setting that could be secret is told without its value", () => {
    const roots = { authentication: [{ backend: "redis", password: "hidden-pw-2" }] };
    const found = changes({ config: { ...before.config, roots } });
    assert.deepEqual(found, [
      { path: "config.roots authentication", effect: "hot", from: "(hidden)", to: "(hidden)" },
    ]);
  });

  test("a root that needs new pods says why", () => {
    const [found] = changes(
      config('mqtt.max_packet_size = 1MB\nlisteners.tcp.default.bind = "1884"'),
    );
    assert.equal(found?.path, "config.listeners");
    assert.equal(found?.effect, "blue-green");
    assert.match(found?.why ?? "", /cut its clients/);
  });

  test("text that cannot be split is blue-green as a whole, with the reason", () => {
    const found = changes(config("mqtt.max_packet_size = ${size}"));
    const whole = found.find(({ path }) => path === "config.data");
    assert.equal(whole?.effect, "blue-green");
    assert.match(whole?.why ?? "", /a substitution in line 1/);
    assert.ok(
      found.every(({ effect }) => effect === "blue-green"),
      JSON.stringify(found),
    );
  });

  test("what an older package applied is compared by its own rules", () => {
    const old = appliedOf(before, 1);
    const next = { ...before, licenseDigest: "b", ...config("mqtt.max_packet_size = 2MB") };
    assert.deepEqual(
      changesSince(old, next).map(({ path, effect }) => `${path} -> ${effect}`),
      ["config.data -> blue-green", "license -> blue-green"],
    );
  });
});

test("a licence that is taken away stays in EMQX", () => {
  assert.deepEqual(changes({ licenseDigest: undefined }), [
    { path: "license", effect: "nothing", why: "EMQX keeps the last licence" },
  ]);
});

describe("replicants", () => {
  const replicants = (replicas: number, spec = {}, more = {}): Partial<RolloutInputs> => ({
    replicantTemplate: { spec: { replicas, ...spec }, ...more },
  });
  const both: RolloutInputs = { ...before, ...replicants(3) };

  test("coming, going and being more are a matter of their number", () => {
    assert.deepEqual(causes(replicants(3, { resources: { limits: {} } })), [
      "replicantTemplate.spec.replicas -> scale",
    ]);
    assert.deepEqual(causes(replicants(0), both), ["replicantTemplate.spec.replicas -> scale"]);
    assert.deepEqual(changes(replicants(5), both), [
      { path: "replicantTemplate.spec.replicas", effect: "scale", from: "3", to: "5" },
    ]);
  });

  test("one role's template renews that role only", () => {
    const env = [{ name: "A", value: "b" }];
    assert.deepEqual(causes(replicants(3, { env }), both), [
      "replicantTemplate.spec.env -> replicants",
    ]);
    assert.deepEqual(causes({ coreTemplate: { spec: { replicas: 3, env } } }, both), [
      "coreTemplate.spec.env -> cores",
    ]);
    assert.deepEqual(causes({ image: "emqx/emqx:6.1.0" }, both), ["image -> blue-green"]);
  });

  test("their number is an autoscaler's with ignoreReplicas", () => {
    const free = { ...before, ...replicants(3, {}, { ignoreReplicas: true }) };
    assert.deepEqual(causes(replicants(3, {}, { ignoreReplicas: true }), both), [
      "replicantTemplate.ignoreReplicas -> settings",
    ]);
    const [number] = changes(replicants(6, {}, { ignoreReplicas: true }), free);
    assert.equal(number?.effect, "nothing");
    assert.match(number?.why ?? "", /an autoscaler owns the number/);
  });
});
