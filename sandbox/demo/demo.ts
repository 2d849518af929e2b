import { join } from "node:path";
import { terminalTable } from "../chart/table";
import { terminalChart } from "../chart/terminal";
import type { FleetProcess } from "../load/process";
import { writesSince } from "../measure/audit";
import type { Check } from "../measure/checks";
import { checkInvariants } from "../measure/invariants";
import type { Report } from "../measure/report";
import { estimateOf, resourceCounts } from "../pulumi-cli";
import { sandboxDown, sandboxUp, type Sandbox } from "../sandbox";
import { Scenario, writeReport } from "../scenario";
import { layoutOf } from "../control-plane/layout";
import type { DemoOptions } from "./arguments";
import { Digest } from "./digest";
import type { Screen } from "./screen";

/** User agent of the rollout's own requests. */
const ROLLOUT = /^pulumi-emqx\b/;

/** The outputs hold every node and figure: pages, which would hide what happens. */
const QUIET = "--suppress-outputs";

/** Runs the whole demonstration; resolves to whether the upgrade kept every limit. */
export async function runDemo(
  options: DemoOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<boolean> {
  // A folder of its own: the demo never touches the sandbox that somebody works with.
  const dir = join(layoutOf().dir, "demo-sandbox");
  let sandbox: Sandbox | undefined;
  let fleet: FleetProcess | undefined;
  try {
    await sandboxDown({ dir, purge: true });
    screen.heading("A Kubernetes control plane on this machine");
    sandbox = await sandboxUp({ dir, log: (line) => screen.line(`  ${line}`), signal });
    const scenario = makeScenario(sandbox, options, screen, signal);

    screen.heading(`The first deployment: ${nodesOf(options)} of ${options.from}`);
    await scenario.configure();
    await scenario.stack.up([QUIET]);

    screen.heading(`${options.clients} MQTT clients connect`);
    fleet = await scenario.connect(
      { clients: options.clients, offline: offlineOf(options.clients) },
      (sample, pods) => screen.sample(sample, pods),
    );

    screen.heading(`The upgrade to ${options.to}`);
    await scenario.setImage(options.to);
    const preview = await scenario.stack.preview([QUIET]);
    const estimateSeconds = estimateOf(preview.output);
    const report = await scenario.measure(fleet, options.to, {
      estimateSeconds,
      perform: () => scenario.stack.up([QUIET]),
    });
    await fleet.stop();
    screen.quiet();

    screen.heading("Once more, with nothing changed");
    report.checks.push(...(await upWithoutChanges(scenario, sandbox)));

    const good = present(report, options, screen);
    if (!options.keep) {
      screen.heading("The end");
      await scenario.stack.destroy([QUIET]);
      await scenario.stack.remove();
    }
    return good;
  } finally {
    screen.quiet();
    // Whatever happens to the fleet, the sandbox must not be left behind.
    await fleet?.stop().catch((error: unknown) => screen.line(String(error)));
    if (sandbox && options.keep && !signal.aborted) {
      screen.line(`\nThe cluster keeps running. Use it with:`);
      screen.command(`export SANDBOX_DIR=${dir}; eval "$(npm run -s sandbox -- env)"`);
    } else {
      await sandboxDown({ dir, purge: true });
    }
  }
}

function makeScenario(
  sandbox: Sandbox,
  options: DemoOptions,
  screen: Screen,
  signal: AbortSignal,
): Scenario {
  const digest = new Digest();
  return new Scenario({
    sandbox,
    stack: "demo",
    image: options.from,
    replicas: options.nodes,
    ...(options.replicants > 0 && { replicants: options.replicants }),
    connEvictRate: options.rate,
    sessEvictRate: options.rate,
    initialDelaySeconds: 10,
    waitTakeover: 10,
    signal,
    onCommand: (command) => screen.command(command),
    onLine: (line) => digest.keeps(line, Date.now()) && screen.line(`  ${line}`),
  });
}

function nodesOf({ nodes, replicants }: DemoOptions): string {
  const several = (count: number, what: string): string =>
    `${count} ${what}${count > 1 ? "s" : ""}`;
  if (replicants === 0) return `${nodes} nodes`;
  return `${several(nodes, "core")} and ${several(replicants, "replicant")}`;
}

/** Sessions whose clients are away during the upgrade: 2 % and at least 10. */
export function offlineOf(clients: number): number {
  return Math.max(10, Math.round(clients * 0.02));
}

async function upWithoutChanges(scenario: Scenario, sandbox: Sandbox): Promise<Check[]> {
  const startedAt = Date.now();
  const { output } = await scenario.stack.up([QUIET]);
  const { create, update, delete: deleted, replace } = resourceCounts(output);
  const changes = create + update + deleted + replace;
  const writes = writesSince(sandbox.auditLog, startedAt, ROLLOUT);
  return [
    {
      name: "changes of a third `pulumi up`",
      limit: "= 0",
      figure: `${changes}`,
      pass: changes === 0,
    },
    {
      name: "its writes to the API server",
      limit: "= 0",
      figure: [writes.length, ...writes.map(({ verb, object }) => `${verb} ${object}`)].join(" "),
      pass: writes.length === 0,
    },
  ];
}

function present(report: Report, { out }: DemoOptions, screen: Screen): boolean {
  const { json, html } = writeReport(report, out);
  screen.heading("What the clients saw");
  const width = Math.min(120, Math.max(80, process.stdout.columns || 110));
  screen.line(terminalChart(report, { width, height: 16, colours: screen.colours }));
  screen.line();
  screen.line(terminalTable(report, screen.colours));
  screen.line();
  const broken = checkInvariants(report);
  for (const line of broken) screen.line(`  ${line}`);
  screen.line(`  Report:  ${json}`);
  screen.line(`  Picture: ${html}`);
  const failed = report.checks.filter(({ pass }) => !pass).map(({ name }) => name);
  const good = failed.length === 0 && broken.length === 0;
  screen.line();
  screen.line(
    good
      ? screen.paint("  Graceful: every limit is kept.", "1;32")
      : screen.paint(`  Not graceful: ${[...failed, ...broken].join("; ")}.`, "1;31"),
  );
  return good;
}
