import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { driftOf } from "../components/config-drift";
import { HIDDEN, isHarmless } from "../components/config-harmless";

const found = {
  mqtt: { max_packet_size: "5MB", idle_timeout: "15000ms", retain_available: true, other: 1 },
  log: { console: { level: "warning", extra: "x" }, throttling: { msgs: ["a", "b"] } },
  authentication: [{ backend: "redis", password: "******", enable: true }],
  authorization: { no_match: "allow" },
  connectors: { http: {} },
  zones: { "a.b": { mqtt: { max_inflight: 3 } } },
};
const drift = (hocon: string) => driftOf(hocon, found);

describe("drift", () => {
  test("tells what EMQX has and what is declared", () => {
    assert.deepEqual(drift("mqtt { max_packet_size = 2MB, retain_available = false }"), [
      { key: "mqtt.max_packet_size", declared: "2MB", found: "5MB" },
      { key: "mqtt.retain_available", declared: "false", found: "true" },
    ]);
  });

  test("is none where the same is written otherwise", () => {
    assert.deepEqual(
      drift(`mqtt { max_packet_size = 5242880, idle_timeout = 15s, retain_available = "true" }
        log { console.level = Warning, throttling.msgs = [a, "b"] }`),
      [{ key: "log.console.level", declared: "Warning", found: "warning" }],
    );
    assert.deepEqual(drift('log.throttling.msgs = "a, b"'), []);
  });

  test("looks at nothing that is not declared, nor at what EMQX calls otherwise", () => {
    assert.deepEqual(drift("mqtt.unknown_setting = 1\nnew_root.a = 1"), []);
    assert.deepEqual(drift(""), []);
  });

  test("sees a list that has become another one, and a thing that was deleted", () => {
    assert.equal(drift("log.throttling.msgs = [a]")[0]?.found, '["a","b"]');
    assert.deepEqual(drift("connectors.http.mine.enable = true"), [
      { key: "connectors.http.mine.enable", declared: HIDDEN, found: "(absent)" },
    ]);
  });

  test("never shows what could be secret, and believes a masked value", () => {
    assert.deepEqual(drift('authentication = [{ backend = redis, password = "hidden-word" }]'), []);
    assert.deepEqual(drift("authorization.no_match = deny"), [
      { key: "authorization.no_match", declared: HIDDEN, found: HIDDEN },
    ]);
  });

  test("follows names with dots and declared elements of a list", () => {
    assert.deepEqual(drift('zones."a.b".mqtt.max_inflight = 4'), [
      { key: "zones.a.b.mqtt.max_inflight", declared: "4", found: "3" },
    ]);
    assert.equal(drift("authentication.1.enable = false").length, 1);
    assert.equal(drift("authentication.1.enable = true").length, 0);
  });
});

test("only settings that are known to hold no secret are harmless", () => {
  for (const path of ["mqtt.max_packet_size", "log.console.level", "zones.a.mqtt.max_inflight"]) {
    assert.equal(isHarmless(path, "1"), true, path);
  }
  for (const path of [
    "authentication.1.backend",
    "authorization.no_match",
    "license.key",
    "connectors.http.a.url",
    "actions.x.y.z",
    "bridges.a.b",
    "sources.a.b.c",
    "unheard_of.a",
    "mqtt.some_password",
    "log.audit.access_token",
    "log.client_secret",
  ]) {
    assert.equal(isHarmless(path, "1"), false, path);
  }
  assert.equal(isHarmless("log.file.to", "https://user:pw@host"), false);
  assert.equal(isHarmless("log.file.to", "x".repeat(81)), false);
});
