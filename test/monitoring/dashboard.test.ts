import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "../../components/monitoring/args";
import { dashboardQueries, grafanaDashboard } from "../../components/monitoring/dashboard";

const target: Target = {
  name: "emqx",
  namespace: "default",
  dialect: "v5",
  dashboardPortName: "dashboard",
};

interface Model {
  uid: string;
  panels: {
    id: number;
    title: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets: { refId: string; expr: string; legendFormat: string }[];
  }[];
}

const model = (of: Target = target): Model => grafanaDashboard(of) as unknown as Model;

test("the first panel is the documents' picture: connections per node and set, and their total", () => {
  const [first] = model().panels;
  assert.deepEqual(
    first?.targets.map(({ expr, legendFormat }) => [legendFormat, expr]),
    [
      [
        "{{instance_set}} {{pod}}",
        'sum by (instance_set, pod) (emqx_live_connections_count{namespace="default",emqx_cluster="emqx"})',
      ],
      ["Total", 'sum(emqx_live_connections_count{namespace="default",emqx_cluster="emqx"})'],
    ],
  );
  assert.equal(first?.gridPos.w, 24);
});

test("panels fill the grid without overlapping", () => {
  const taken = new Set<string>();
  for (const { gridPos, title } of model().panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        assert.ok(!taken.has(`${x},${y}`), `${title} at ${x},${y}`);
        taken.add(`${x},${y}`);
      }
    }
  }
  assert.equal(new Set(model().panels.map(({ id }) => id)).size, model().panels.length);
});

test("the dashboard shows rates, sessions, nodes and the licence of this cluster only", () => {
  const queries = dashboardQueries(target);
  for (const metric of [
    "emqx_client_connected",
    "emqx_client_disconnected",
    "emqx_sessions_count",
    "emqx_cluster_nodes_running",
    "emqx_cluster_nodes_stopped",
    "emqx_license_expiry_at",
  ]) {
    assert.ok(
      queries.some(({ expr }) =>
        expr.includes(`${metric}{namespace="default",emqx_cluster="emqx"}`),
      ),
      metric,
    );
  }
  const shown = model().panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  assert.deepEqual(
    queries.map(({ expr }) => expr),
    shown,
  );
});

test("a dashboard keeps its address, and two clusters have two", () => {
  const other = { ...target, namespace: "other" };
  assert.equal(model().uid, model().uid);
  assert.notEqual(model().uid, model(other).uid);
  assert.ok(model().uid.length <= 40);
});

test("EMQX 4.4 is shown by document 002's metric", () => {
  const exprs = dashboardQueries({ ...target, dialect: "v4" }).map(({ expr }) => expr);
  assert.match(exprs[0] ?? "", /emqx_connections_count/);
  assert.ok(exprs.every((expr) => !expr.includes("emqx_live_connections_count")));
});
