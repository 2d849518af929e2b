import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import test, { after, before } from "node:test";
import { isNotFound } from "../../sandbox/node-agent/kube/client";
import type { KubeObject } from "../../sandbox/node-agent/kube/types";
import type { Range } from "../../sandbox/prometheus/api";
import { readDashboard, type DashboardPanel } from "../../sandbox/prometheus/dashboard";
import { installDefinitions } from "../../sandbox/prometheus/definitions";
import { PrometheusServer } from "../../sandbox/prometheus/server";
import { mainPanel } from "../../sandbox/prometheus/upgrade";
import { resourceCounts } from "../../sandbox/pulumi-cli";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually } from "./support/cluster";

// A real Prometheus scrapes a cluster that is upgraded; the tests are one story in order.
const CLIENTS = 120;
const OBJECTS = ["podmonitors/emqx-metrics", "prometheusrules/emqx-alerts"];
const SPEC = {
  monitoring: { podMonitor: { interval: "1s" }, grafanaDashboard: { folder: "MQTT" } },
};
let bench: Bench;
let scenario: Scenario;
let prometheus: PrometheusServer | undefined;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("monitoring", { config: { spec: JSON.stringify(SPEC) } });
});
after(async () => {
  await prometheus?.stop();
  await bench?.close();
});

test("without the Prometheus Operator the cluster deploys, and the message says what is missing", async () => {
  const { output } = await scenario.stack.up();
  assert.match(output, /PodMonitor and PrometheusRule \(monitoring\.coreos\.com\/v1\)/);
  assert.match(output, /helm install prometheus/);
  assert.deepEqual(await monitoringObjects(), []);

  const again = resourceCounts((await scenario.stack.up()).output);
  assert.deepEqual([again.create, again.update, again.delete, again.replace], [0, 0, 0, 0]);
});

test("once its definitions are there, the next `pulumi up` adds the objects and nothing else", async () => {
  await installDefinitions(bench.sandbox.kubeconfig);
  const { output } = await scenario.stack.up();
  const { create, update, replace } = resourceCounts(output);
  assert.deepEqual([create, update, replace], [0, 1, 0], output);
  assert.deepEqual(await monitoringObjects(), OBJECTS);
});

test("every query of the dashboard returns data on a Prometheus that saw an upgrade", async () => {
  const { dir, kubeconfig } = bench.sandbox;
  prometheus = await PrometheusServer.start({ dir, kubeconfig });
  const { api } = prometheus;
  const panels = await readDashboard(bench.api, scenario.watched);
  const { nodes, total } = mainPanel(panels);

  const fleet = await bench.connect(scenario, CLIENTS, 10);
  const seen = await eventually(
    () => api.query(total),
    ([sample]) => sample?.value === CLIENTS,
  );
  assert.equal(seen[0]?.value, CLIENTS, JSON.stringify(await api.targets()));
  // A second that had begun before may not have seen every client yet.
  const start = Math.ceil(Date.now() / 1000);
  await scenario.setImage("emqx/emqx:6.1.0");
  await scenario.stack.up();
  const after = await eventually(
    () => api.query(total),
    ([sample]) => sample?.value === CLIENTS,
  );
  const end = Math.ceil(Date.now() / 1000);
  // The last second that is asked for must not see the clients go.
  await sleep(end * 1000 - Date.now());
  await fleet.stop();
  assert.equal(after[0]?.value, CLIENTS, "every client is seen after the upgrade");

  await assertData(panels, (expr) => api.queryRange(expr, start, end, 1));
  assertMoved(await api.queryRange(nodes, start, end, 1), end);
  assert.deepEqual(await api.firing(), []);
});

test("a refresh finds what somebody deleted, and the next `pulumi up` mends it", async () => {
  await bench.api.delete(`${path("prometheusrules")}/emqx-alerts`);
  const { code, output } = await scenario.stack.start(["refresh", "--yes"]).result;
  assert.equal(code, 0, output);
  await scenario.stack.up();
  assert.deepEqual(await monitoringObjects(), OBJECTS);
});

test("a destroy leaves none of it", async () => {
  await scenario.stack.destroy();
  assert.deepEqual(await monitoringObjects(), []);
  await assert.rejects(readDashboard(bench.api, scenario.watched), /found 0/);
});

const path = (plural: string): string =>
  `/apis/monitoring.coreos.com/v1/namespaces/default/${plural}`;

async function monitoringObjects(): Promise<string[]> {
  const found = ["podmonitors", "prometheusrules"].map(async (plural) => {
    try {
      const { items } = await bench.api.get<{ items: KubeObject[] | null }>(path(plural));
      return (items ?? []).map(({ metadata }) => `${plural}/${metadata.name}`);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  });
  return (await Promise.all(found)).flat();
}

async function assertData(
  panels: DashboardPanel[],
  ask: (expr: string) => Promise<Range[]>,
): Promise<void> {
  for (const { title, queries } of panels) {
    for (const { expr } of queries) {
      const values = (await ask(expr)).flatMap(({ points }) => points.map(({ value }) => value));
      assert.ok(values.length > 0, `${title}: ${expr} returned nothing`);
      assert.ok(values.every(Number.isFinite), `${title}: ${expr} returned ${values.join()}`);
    }
  }
}

/** The documents' picture: the nodes of one set end, those of the other have the clients. */
function assertMoved(ranges: Range[], end: number): void {
  const sets = new Map<string, Range[]>();
  for (const range of ranges) {
    const set = range.labels.instance_set ?? "";
    sets.set(set, [...(sets.get(set) ?? []), range]);
  }
  assert.equal(sets.size, 2, `expected two sets, got ${[...sets.keys()].join()}`);
  const lastOf = (set: Range[]) => Math.max(...set.map(({ points }) => points.at(-1)?.time ?? 0));
  const firstValue = (set: Range[]) =>
    set.reduce((sum, { points }) => sum + (points[0]?.value ?? 0), 0);
  const [old = [], young = []] = [...sets.values()].sort((a, b) => lastOf(a) - lastOf(b));
  assert.deepEqual([old.length, young.length], [3, 3], "three nodes in each set");
  assert.equal(firstValue(old), CLIENTS);
  assert.equal(firstValue(young), 0);
  const left = young.filter(({ points }) => points.at(-1)?.time === end);
  assert.equal(
    left.reduce((sum, { points }) => sum + (points.at(-1)?.value ?? 0), 0),
    CLIENTS,
  );
}
