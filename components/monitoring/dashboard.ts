/** The Grafana dashboard of one cluster; its first panel is the picture of the documents. */
import { createHash } from "node:crypto";
import type { Target } from "./args";
import { seriesOf } from "./series";

interface Query {
  expr: string;
  legend: string;
}

interface Panel {
  title: string;
  description: string;
  queries: Query[];
  /** Unit as Grafana names it. */
  unit?: string;
  /** A single value instead of a graph. */
  stat?: boolean;
  width: number;
  height: number;
}

/** Columns of Grafana's grid. */
const COLUMNS = 24;

function panels(target: Target): Panel[] {
  const series = seriesOf(target);
  const perNode = (metric: string) => `sum by (instance_set, pod) (${metric})`;
  const rate = (metric: string) => `sum by (instance_set) (rate(${series.of(metric)}[1m]))`;
  const nodes = (state: string) => `max(${series.of(`emqx_cluster_nodes_${state}`)})`;
  return [
    {
      title: "Connections per node and set",
      description:
        "During a blue-green upgrade the nodes of the old set fall at the configured rate, those of the new set " +
        "rise, and the total stays level.",
      queries: [
        { expr: perNode(series.connections), legend: "{{instance_set}} {{pod}}" },
        { expr: `sum(${series.connections})`, legend: "Total" },
      ],
      width: 24,
      height: 12,
    },
    {
      title: "Connections per set",
      description: "One falls, the other rises: the progress of an upgrade.",
      queries: [
        { expr: `sum by (instance_set) (${series.connections})`, legend: "{{instance_set}}" },
      ],
      width: 12,
      height: 8,
    },
    {
      title: "Clients that connect and disconnect",
      description: "Per second and set. The disconnects of the old set follow `connEvictRate`.",
      queries: [
        { expr: rate("emqx_client_connected"), legend: "connect {{instance_set}}" },
        { expr: rate("emqx_client_disconnected"), legend: "disconnect {{instance_set}}" },
      ],
      unit: "ops",
      width: 12,
      height: 8,
    },
    {
      title: "Sessions per node",
      description: "With those whose clients are away.",
      queries: [{ expr: perNode(series.sessions), legend: "{{instance_set}} {{pod}}" }],
      width: 12,
      height: 8,
    },
    {
      title: "Nodes",
      description: "Both sets count while an upgrade runs.",
      queries: [
        { expr: nodes("running"), legend: "running" },
        { expr: nodes("stopped"), legend: "stopped" },
      ],
      width: 6,
      height: 8,
    },
    {
      title: "Licence ends in",
      description: "Empty for releases and editions without a licence.",
      queries: [
        {
          expr: `min(${series.of("emqx_license_expiry_at")} > 0) - time()`,
          legend: "remaining",
        },
      ],
      unit: "s",
      stat: true,
      width: 6,
      height: 8,
    },
  ];
}

/** Every query of the dashboard, for tests on a real Prometheus. */
export function dashboardQueries(target: Target): { panel: string; expr: string }[] {
  return panels(target).flatMap(({ title, queries }) =>
    queries.map(({ expr }) => ({ panel: title, expr })),
  );
}

/** The dashboard's JSON model. */
export function grafanaDashboard(target: Target): Record<string, unknown> {
  const { namespace, name } = target;
  return {
    // Stable, so that the dashboard keeps its address; Grafana allows 40 characters.
    uid: `emqx-${createHash("sha256").update(`${namespace}/${name}`).digest("hex").slice(0, 16)}`,
    title: `EMQX ${namespace}/${name}`,
    tags: ["emqx"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    timezone: "browser",
    refresh: "10s",
    time: { from: "now-30m", to: "now" },
    templating: {
      list: [
        {
          name: "datasource",
          label: "Data source",
          type: "datasource",
          query: "prometheus",
          current: {},
          hide: 0,
        },
      ],
    },
    panels: placed(panels(target)).map(({ panel, gridPos }, index) =>
      panelModel(panel, gridPos, index + 1),
    ),
  };
}

interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Rows from left to right, as wide as the grid. */
function placed(all: Panel[]): { panel: Panel; gridPos: GridPos }[] {
  let x = 0;
  let y = 0;
  return all.map((panel) => {
    const gridPos = { x, y, w: panel.width, h: panel.height };
    x += panel.width;
    if (x >= COLUMNS) {
      x = 0;
      y += panel.height;
    }
    return { panel, gridPos };
  });
}

function panelModel(panel: Panel, gridPos: GridPos, id: number): Record<string, unknown> {
  const datasource = { type: "prometheus", uid: "${datasource}" };
  return {
    id,
    type: panel.stat ? "stat" : "timeseries",
    title: panel.title,
    description: panel.description,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: {
        unit: panel.unit ?? "short",
        ...(!panel.stat && { min: 0, custom: { drawStyle: "line", lineWidth: 2, fillOpacity: 5 } }),
      },
      overrides: panel.queries.some(({ legend }) => legend === "Total") ? [boldTotal] : [],
    },
    ...(!panel.stat && {
      options: { legend: { showLegend: true, displayMode: "list", placement: "bottom" } },
    }),
    targets: panel.queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}

const boldTotal = {
  matcher: { id: "byName", options: "Total" },
  properties: [
    { id: "custom.lineWidth", value: 3 },
    { id: "color", value: { mode: "fixed", fixedColor: "text" } },
  ],
};
