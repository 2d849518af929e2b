import { setTimeout as sleep } from "node:timers/promises";
import { KubeClient } from "../node-agent/kube/client";
import { Scenario, type ScenarioOptions } from "../scenario";
import type { PrometheusApi, Range } from "./api";
import { readDashboard, type DashboardPanel } from "./dashboard";

export interface WatchedUpgrade {
  /** Epoch seconds. */
  startedAt: number;
  endedAt: number;
  panels: DashboardPanel[];
}

export interface UpgradeOptions extends ScenarioOptions {
  clients: number;
  to: string;
  api: PrometheusApi;
  say: (line: string) => void;
}

/** Seconds before and after the command that the picture shows. */
export const MARGIN = 10;

/** Seconds until Prometheus has seen every client. */
const PATIENCE = 60;

/** Deploys with monitoring, connects clients, upgrades, while Prometheus scrapes every second. */
export async function upgradeUnderPrometheus(options: UpgradeOptions): Promise<WatchedUpgrade> {
  const { clients, to, api, say, sandbox } = options;
  const spec = JSON.stringify({ monitoring: { podMonitor: { interval: "1s" } } });
  const scenario = new Scenario({ ...options, config: { ...options.config, spec } });
  await scenario.configure();
  await scenario.stack.up(["--suppress-outputs"]);
  const panels = await readDashboard(
    await KubeClient.fromFile(sandbox.kubeconfig),
    scenario.watched,
  );
  const fleet = await scenario.connect({ clients, offline: 0 });
  try {
    await waitForTotal(api, mainPanel(panels).total, clients);
    say(`Prometheus sees ${clients} clients`);
    await sleep(MARGIN * 1000);
    await scenario.setImage(to);
    const startedAt = Date.now() / 1000;
    await scenario.stack.up(["--suppress-outputs"]);
    const endedAt = Date.now() / 1000;
    await sleep(MARGIN * 1000);
    return { startedAt, endedAt, panels };
  } finally {
    await fleet.stop();
  }
}

/** The queries of the documents' picture: per node and set, and in all. */
export function mainPanel(panels: DashboardPanel[]): { nodes: string; total: string } {
  const queries = panels[0]?.queries ?? [];
  const total = queries.find(({ legend }) => legend === "Total")?.expr;
  const nodes = queries.find(({ legend }) => legend !== "Total")?.expr;
  if (total !== undefined && nodes !== undefined) return { nodes, total };
  throw new Error(
    `Expected the dashboard's first panel to have a query per node and one of the total, got ${JSON.stringify(queries)}.`,
  );
}

async function waitForTotal(api: PrometheusApi, expr: string, clients: number): Promise<void> {
  const deadline = Date.now() + PATIENCE * 1000;
  for (;;) {
    const [sample] = await api.query(expr);
    if (sample?.value === clients) return;
    if (Date.now() > deadline) {
      const targets = await api.targets();
      const state = targets.map(({ scrapeUrl, health, lastError }) =>
        `${scrapeUrl} ${health} ${lastError}`.trim(),
      );
      throw new Error(
        `Expected Prometheus to see ${clients} clients within ${PATIENCE} s, it sees ${sample?.value ?? "none"}. ` +
          `Its targets: ${state.join("; ") || "none"}.`,
      );
    }
    await sleep(500);
  }
}

/** What a picture's numbers say, one line each. */
export function summary(nodes: Range[], total: Range): string[] {
  const values = total.points.map(({ value }) => value);
  const sets = new Map<string, { nodes: number; first: number; last: number }>();
  for (const { labels, points } of nodes) {
    const set = sets.get(labels.instance_set ?? "") ?? { nodes: 0, first: 0, last: 0 };
    const whole = points[0]?.time === total.points[0]?.time;
    const until = points.at(-1)?.time === total.points.at(-1)?.time;
    sets.set(labels.instance_set ?? "", {
      nodes: set.nodes + 1,
      first: set.first + (whole ? (points[0]?.value ?? 0) : 0),
      last: set.last + (until ? (points.at(-1)?.value ?? 0) : 0),
    });
  }
  return [
    `total: ${Math.min(...values)} to ${Math.max(...values)} clients in ${values.length} samples`,
    ...[...sets].map(
      ([set, { nodes: count, first, last }]) =>
        `set ${set}: ${count} nodes, ${first} clients before, ${last} after`,
    ),
  ];
}
