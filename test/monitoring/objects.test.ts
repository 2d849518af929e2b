import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "../../components/monitoring/args";
import { objectsOf } from "../../components/monitoring/monitoring";
import { podMonitor } from "../../components/monitoring/pod-monitor";
import { prometheusRule } from "../../components/monitoring/prometheus-rule";

const v5: Target = {
  name: "emqx",
  namespace: "mqtt",
  dialect: "v5",
  dashboardPortName: "dashboard",
};
const v4: Target = { ...v5, dialect: "v4", dashboardPortName: "http-dashboard" };
const labels = { "app.kubernetes.io/instance": "emqx" };

interface Endpoint {
  port: string;
  path: string;
  interval: string;
  params?: unknown;
  basicAuth?: unknown;
  relabelings: { sourceLabels: string[]; targetLabel: string }[];
}

function endpointOf(...args: Parameters<typeof podMonitor>): Endpoint {
  const { podMetricsEndpoints } = podMonitor(...args).spec as { podMetricsEndpoints: Endpoint[] };
  assert.equal(podMetricsEndpoints.length, 1);
  return podMetricsEndpoints[0]!;
}

const expressionsOf = (...args: Parameters<typeof prometheusRule>): Map<string, string> => {
  const { groups } = prometheusRule(...args).spec as {
    groups: { rules: { alert?: string; record?: string; expr: string }[] }[];
  };
  return new Map(
    groups.flatMap(({ rules }) =>
      rules.map(({ alert, record, expr }): [string, string] => [alert ?? record ?? "", expr]),
    ),
  );
};

test("the PodMonitor of EMQX 5 selects the pods of every revision and asks without credentials", () => {
  const { metadata, spec } = podMonitor(v5, labels);
  assert.deepEqual(metadata, { name: "emqx-metrics", namespace: "mqtt", labels });
  assert.deepEqual(spec.selector, {
    matchLabels: { "app.kubernetes.io/name": "emqx", "app.kubernetes.io/instance": "emqx" },
  });
  assert.deepEqual(spec.namespaceSelector, { matchNames: ["mqtt"] });
  const { port, path, interval, params, basicAuth } = endpointOf(v5, labels);
  assert.deepEqual(
    { port, path, interval, params, basicAuth },
    {
      port: "dashboard",
      path: "/api/v5/prometheus/stats",
      interval: "10s",
      params: undefined,
      basicAuth: undefined,
    },
  );
});

test("the PodMonitor of EMQX 4.4 is that of document 002, with the Secret's credentials", () => {
  const { port, path, params, basicAuth } = endpointOf(v4, labels, {
    basicAuthSecret: "emqx-basic-auth",
  });
  assert.deepEqual(
    { port, path, params, basicAuth },
    {
      port: "http-dashboard",
      path: "/api/v4/emqx_prometheus",
      params: { type: ["prometheus"] },
      basicAuth: {
        username: { name: "emqx-basic-auth", key: "username" },
        password: { name: "emqx-basic-auth", key: "password" },
      },
    },
  );
});

test("the cluster's own Secret is used unless another is named", () => {
  const target = { ...v4, basicAuthSecret: "own" };
  const nameIn = (args?: { basicAuthSecret: string }) =>
    (endpointOf(target, labels, args).basicAuth as { username: { name: string } }).username.name;
  assert.equal(nameIn(), "own");
  assert.equal(nameIn({ basicAuthSecret: "other" }), "other");
});

test("series get cluster, set, role and pod from the pods' labels", () => {
  const relabelings = endpointOf(v5, labels).relabelings.map(({ sourceLabels, targetLabel }) => [
    targetLabel,
    ...sourceLabels,
  ]);
  assert.deepEqual(relabelings, [
    ["pod", "__meta_kubernetes_pod_name"],
    ["emqx_cluster", "__meta_kubernetes_pod_label_app_kubernetes_io_instance"],
    ["instance_set", "__meta_kubernetes_pod_label_emqx_io_revision"],
    ["role", "__meta_kubernetes_pod_label_app_kubernetes_io_component"],
  ]);
});

test("the user's labels are added, but cannot replace ours", () => {
  const args = { labels: { release: "prometheus", "app.kubernetes.io/instance": "mine" } };
  const expected = { release: "prometheus", "app.kubernetes.io/instance": "emqx" };
  assert.deepEqual(podMonitor(v5, labels, args).metadata.labels, expected);
  assert.deepEqual(prometheusRule(v5, labels, args).metadata.labels, expected);
});

test("every rule looks at this cluster only", () => {
  for (const [name, expr] of expressionsOf(v5, labels)) {
    const metrics = expr.match(/\bemqx[a-z_:]+(?=[{[])/g) ?? [];
    assert.ok(metrics.length > 0, name);
    const selected = expr.split('{namespace="mqtt",emqx_cluster="emqx"}').length - 1;
    assert.equal(selected, metrics.length, `${name}: ${expr}`);
  }
});

test("EMQX 4.4 is watched by the metric that it has", () => {
  assert.match(expressionsOf(v5, labels).get("emqx:connections:by_set") ?? "", /emqx_live_conn/);
  const four = [...expressionsOf(v4, labels).values()].join();
  assert.match(four, /emqx_connections_count/);
  assert.doesNotMatch(four, /emqx_live_connections_count/);
});

test("thresholds reach the expressions", () => {
  const rules = expressionsOf(v5, labels, {
    stuckMinutes: 42,
    dipPercent: 35,
    dipMinutes: 7,
    dipMinimum: 1234,
    licenseDays: 61,
    sessionPercent: 91,
    licensedSessions: 5000,
  });
  assert.match(rules.get("EmqxEvacuationStuck") ?? "", /\[42m\]/);
  assert.match(rules.get("EmqxConnectionsDip") ?? "", /< 0\.65 \* .*\[7m\].*>= 1234/);
  assert.match(rules.get("EmqxLicenseExpiresSoon") ?? "", /< 61$/);
  assert.match(rules.get("EmqxLicenseSessionsNearQuota") ?? "", /\/ 5000 > 91$/);
});

test("each part is on unless it is switched off", () => {
  const kinds = (args: Parameters<typeof objectsOf>[0]) =>
    objectsOf(args, v5, labels).map(({ kind }) => kind);
  assert.deepEqual(kinds({}), ["PodMonitor", "PrometheusRule"]);
  assert.deepEqual(kinds({ podMonitor: true, prometheusRule: {} }), kinds({}));
  assert.deepEqual(kinds({ podMonitor: false }), ["PrometheusRule"]);
  assert.deepEqual(kinds({ podMonitor: false, prometheusRule: false }), []);
});
