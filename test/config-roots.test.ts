import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  effectOf,
  hotKeys,
  restartReason,
  splitConfig,
  takesConfigLive,
} from "../components/config-roots";

test("what EMQX or the pods take at a start only needs new pods, everything else is hot", () => {
  for (const root of ["node", "cluster", "rpc", "dashboard", "listeners", "gateway", "license"]) {
    assert.equal(effectOf(root), "restart", root);
    assert.ok(restartReason(root), root);
  }
  for (const root of ["mqtt", "log", "authentication", "constructor", "toString"]) {
    assert.equal(effectOf(root), "hot", root);
    assert.equal(restartReason(root), undefined, root);
  }
});

describe("splitting", () => {
  const data = 'mqtt.max_packet_size = 1MB\nlisteners.tcp.default.bind = "0.0.0.0:1883"';

  test("hot roots get their own text, the rest is told by path", () => {
    const split = splitConfig({
      data,
      roots: { log: { console: { level: "info" } }, rpc: { a: 1 } },
    });
    assert.deepEqual(split.hot, {
      log: 'log {\n  console {\n    level = "info"\n  }\n}',
      mqtt: "mqtt {\n  max_packet_size = 1MB\n}",
    });
    assert.deepEqual(split.restart, {
      "config.listeners": '{\n  tcp {\n    default {\n      bind = "0.0.0.0:1883"\n    }\n  }\n}',
      "config.roots.rpc": { a: 1 },
    });
    assert.equal(split.whole, undefined);
  });

  test("comments, order and formatting make no difference", () => {
    const other = `# first
      listeners { tcp { default { bind = "0.0.0.0:1883" } } }
      mqtt { max_packet_size : 1MB, }`;
    assert.deepEqual(splitConfig({ data: other }), splitConfig({ data }));
  });

  test("a root that is given twice is merged, and the typed one wins", () => {
    const split = splitConfig({
      data: "mqtt { max_packet_size = 1MB, idle_timeout = 15s }",
      roots: { mqtt: { max_packet_size: "2MB", max_inflight: undefined } },
    });
    assert.equal(split.hot.mqtt, 'mqtt {\n  idle_timeout = 15s\n  max_packet_size = "2MB"\n}');
  });

  test("text that cannot be split counts as restart as a whole, with the reason", () => {
    const unclear = "mqtt.max_packet_size = ${size}";
    assert.deepEqual(splitConfig({ data: unclear, roots: { log: { a: 1 } } }), {
      hot: {},
      restart: { "config.data": unclear, "config.roots.log": { a: 1 } },
      whole: "a substitution in line 1",
    });
    assert.equal(hotKeys({ data: unclear, roots: { log: { a: 1 } } }).size, 0);
  });

  test("nothing given is nothing to set", () => {
    assert.deepEqual(splitConfig(undefined), { hot: {}, restart: {} });
    assert.deepEqual(splitConfig({ mode: "Merge" }), { hot: {}, restart: {} });
  });
});

test("releases before 5.1.1 take no configuration while they run", () => {
  for (const image of ["emqx/emqx:5.0.6", "emqx/emqx:5.1.0", "emqx/emqx-ee:4.4.14"]) {
    assert.equal(takesConfigLive(image), false, image);
    assert.deepEqual(splitConfig({ data: "mqtt.a = 1", roots: { log: { b: 2 } } }, image), {
      hot: {},
      restart: { "config.mqtt": "{\n  a = 1\n}", "config.roots.log": { b: 2 } },
    });
  }
  for (const image of [
    "emqx/emqx:5.1.1",
    "emqx/emqx:5.8.6",
    "emqx:5",
    "emqx/emqx:6.1.0",
    "mine:1",
  ]) {
    assert.equal(takesConfigLive(image), true, image);
  }
});

test("hot keys are dotted paths to what was written", () => {
  const keys = hotKeys({
    data: "mqtt { a = 1, b { c = 15s } }\nnode.x = 1",
    roots: { authentication: [{ backend: "x" }], zones: {} },
  });
  assert.deepEqual(
    [...keys],
    [
      ["authentication", '[\n  {\n    backend = "x"\n  }\n]'],
      ["mqtt.a", "1"],
      ["mqtt.b.c", "15s"],
      ["zones", "{}"],
    ],
  );
});
