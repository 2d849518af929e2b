import assert from "node:assert/strict";
import { test } from "node:test";
import { warningsOf } from "../components/warnings";

test("one core for replicants is worth a warning, none at all is not", () => {
  const replicantTemplate = { spec: { replicas: 2 } };
  assert.match(
    warningsOf({ replicantTemplate }).join(),
    /^One core serves all replicants: .* 2 or more/,
  );
  assert.deepEqual(warningsOf({ replicantTemplate, coreTemplate: { spec: { replicas: 2 } } }), []);
  assert.deepEqual(warningsOf({ replicantTemplate: { spec: { replicas: 0 } } }), []);
  assert.deepEqual(warningsOf({}), []);
});

test("the limits of an evaluation are told", () => {
  assert.match(warningsOf({}, { type: "evaluation", maxSessions: 25 }).join(), /25 sessions/);
  assert.deepEqual(warningsOf({}, { type: "official" }), []);
});

test("durable storage, whose replicas nobody moves, is told wherever it is enabled", () => {
  const durable = /^`durable_sessions` is enabled: .* "manual"/;
  const env = [{ name: "EMQX_DURABLE_SESSIONS__ENABLE", value: "true" }];
  for (const program of [
    { config: { roots: { durable_sessions: { enable: true } } } },
    { config: { data: "zones.cars.durable_sessions { enable = true }" } },
    { coreTemplate: { spec: { env } } },
  ]) {
    const [warning = "", ...others] = warningsOf(program);
    assert.match(warning, durable);
    assert.deepEqual(others, []);
  }
  assert.deepEqual(warningsOf({ config: { data: "durable_sessions.enable = false" } }), []);
});

test("a dashboard without HTTP cannot be scraped by the PodMonitor that we make", () => {
  const config = {
    roots: { dashboard: { listeners: { http: { enable: false }, https: { bind: 18084 } } } },
  };
  assert.match(warningsOf({ config, monitoring: {} }).join(), /there will be no series/);
  assert.deepEqual(warningsOf({ config, monitoring: { podMonitor: false } }), []);
  assert.deepEqual(warningsOf({ config }), []);
  assert.deepEqual(warningsOf({ monitoring: {} }), []);
});
