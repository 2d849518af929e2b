import assert from "node:assert/strict";
import { test } from "node:test";
import { validateMonitoring } from "../../components/monitoring/validate";
import { UNKNOWN } from "../../components/unknown";

const reasons = (value: unknown) => validateMonitoring(value).map(({ reason }) => reason);

test("accepts nothing, an empty object, switches and settings", () => {
  for (const value of [
    undefined,
    {},
    { podMonitor: true, prometheusRule: false, grafanaDashboard: true },
    {
      podMonitor: { interval: "5s", labels: { release: "x" }, basicAuthSecret: "emqx-basic-auth" },
      prometheusRule: { labels: { "example.com/team": "mqtt" }, dipPercent: 30 },
      grafanaDashboard: { labels: {}, annotations: { a: "any text" }, folder: "MQTT" },
    },
    { podMonitor: { interval: UNKNOWN } },
    UNKNOWN,
  ]) {
    assert.deepEqual(reasons(value), [], JSON.stringify(value));
  }
});

test("names every problem by its path", () => {
  const problems = validateMonitoring({
    podMonitor: { interval: "often", basicAuthSecret: "No Secret" },
    prometheusRule: { dipPercent: 100, stuckMinutes: 0, dip: 1 },
    grafanaDashboard: "yes",
    grafana: true,
  });
  assert.deepEqual(
    problems.map(({ property }) => property),
    [
      "monitoring.podMonitor.interval",
      "monitoring.podMonitor.basicAuthSecret",
      "monitoring.prometheusRule.dipPercent",
      "monitoring.prometheusRule.stuckMinutes",
      "monitoring.prometheusRule.dip",
      "monitoring.grafanaDashboard",
      "monitoring.grafana",
    ],
  );
  assert.equal(
    problems[0]?.reason,
    "Expected `monitoring.podMonitor.interval` to be a Prometheus duration such as `10s` or `1m`, got `often`.",
  );
});

test("labels that Kubernetes would refuse are found before", () => {
  assert.match(
    reasons({ podMonitor: { labels: { release: "two words" } } })[0] ?? "",
    /monitoring\.podMonitor\.labels\["release"\].*label value.*`two words`/,
  );
  assert.match(reasons({ podMonitor: { labels: { "a b": "c" } } })[0] ?? "", /got `a b`/);
});

test("a list is no monitoring", () => {
  assert.equal(reasons([])[0], "Expected `monitoring` to be an object, got a list.");
});
