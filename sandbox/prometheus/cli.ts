/** `npm run chart:prometheus`: an upgrade under load, as a real Prometheus saw it, drawn as SVG. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { layoutOf } from "../control-plane/layout";
import { sandboxDown, sandboxUp } from "../sandbox";
import { repositoryRoot } from "../toolchain/repository";
import { prometheusChart } from "./chart";
import { installDefinitions } from "./definitions";
import { PrometheusServer } from "./server";
import { mainPanel, MARGIN, summary, upgradeUnderPrometheus } from "./upgrade";

const usage = `Usage: npm run chart:prometheus -- [options]

Upgrades a cluster of 3 nodes under load on a local control plane while a real Prometheus
scrapes it every second, and draws what Prometheus' API answers.

  --clients N   connected MQTT clients (default 3000)
  --out FILE    the picture (default docs/images/prometheus-upgrade.svg)
  --help        this text
`;

const FROM = "emqx/emqx:6.0.1";
const TO = "emqx/emqx:6.1.0";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(clients: number, out: string, signal: AbortSignal): Promise<void> {
  // A folder of its own: it never touches the sandbox that somebody works with.
  const dir = join(layoutOf().dir, "prometheus-sandbox");
  let prometheus: PrometheusServer | undefined;
  try {
    await sandboxDown({ dir, purge: true });
    const sandbox = await sandboxUp({ dir, log: say, signal });
    const { kubeconfig } = sandbox;
    await installDefinitions(kubeconfig, { log: say, signal });
    prometheus = await PrometheusServer.start({ dir, kubeconfig, log: say, signal });
    const { api } = prometheus;
    const { startedAt, endedAt, panels } = await upgradeUnderPrometheus({
      sandbox,
      stack: "prometheus",
      image: FROM,
      to: TO,
      replicas: 3,
      connEvictRate: 100,
      sessEvictRate: 100,
      initialDelaySeconds: 5,
      waitTakeover: 5,
      clients,
      api,
      say,
      onCommand: (command) => say(`$ ${command}`),
      signal,
    });
    const queries = mainPanel(panels);
    const start = Math.floor(startedAt) - MARGIN;
    // A second less: at the margin's end the clients leave.
    const end = Math.floor(endedAt) + MARGIN - 1;
    const nodes = await api.queryRange(queries.nodes, start, end, 1);
    const [total = { labels: {}, points: [] }] = await api.queryRange(queries.total, start, end, 1);
    const title = `Connections per node, as Prometheus saw the upgrade to ${TO}`;
    const svg = prometheusChart({
      title,
      query: queries.nodes,
      nodes,
      total,
      start,
      zero: startedAt,
      end,
    });
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, svg);
    for (const line of summary(nodes, total)) say(`  ${line}`);
    say(`  alerts that fire: ${(await api.firing()).join(", ") || "none"}`);
    say(`  picture: ${out}`);
  } finally {
    await prometheus?.stop();
    await sandboxDown({ dir, purge: true });
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      clients: { type: "string", default: "3000" },
      out: {
        type: "string",
        default: join(repositoryRoot(), "docs/images/prometheus-upgrade.svg"),
      },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const clients = Number(values.clients);
  if (values.help || !Number.isInteger(clients) || clients < 1) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    await run(clients, resolve(values.out), interrupt.signal);
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(2);
  },
);
