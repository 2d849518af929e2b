import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { htmlReport } from "./chart/html";
import { mintLicense } from "./emqx/license";
import type { Sample } from "./load/figures";
import { fleetDefaults, type EndpointSource, type FleetOptions } from "./load/options";
import { startFleet, type FleetProcess } from "./load/process";
import { coloursOf } from "./measure/colours";
import { readEndState } from "./measure/emqx-api";
import { readLosses } from "./measure/losses";
import { makeReport } from "./measure/make-report";
import { Observer } from "./measure/observer";
import type { Report } from "./measure/report";
import { listenersService, type Watched } from "./measure/watched";
import { NODE_PORTS } from "./node-agent/network/connection-table";
import type { PulumiResult } from "./pulumi-cli";
import { settingsFile, settingsOf, specOf, type ScenarioOptions } from "./scenario-options";
import { Stack } from "./stack";
import { repositoryRoot } from "./toolchain/repository";

export type { ScenarioOptions } from "./scenario-options";

/** A stack on a sandbox, with the steps that demo and end-to-end tests are made of. */
export class Scenario {
  readonly stack: Stack;
  readonly watched: Watched;
  private image: string;

  private readonly options: ScenarioOptions;

  constructor(options: ScenarioOptions) {
    this.options = { ...options };
    const { sandbox, stack, cluster = "emqx", namespace = "default" } = options;
    this.image = options.image;
    this.watched = { kubeconfig: sandbox.kubeconfig, namespace, cluster, ...options.watch };
    this.stack = new Stack({
      name: stack,
      cwd: options.project ?? repositoryRoot(),
      configFile: join(sandbox.dir, `Pulumi.${stack}.yaml`),
      env: sandbox.env,
      settings: options.configFrom && settingsFile(options.configFrom),
      onCommand: options.onCommand,
      onLine: options.onLine,
      signal: options.signal,
    });
  }

  /** Creates the stack and writes its settings. */
  async configure(): Promise<void> {
    const { options, stack } = this;
    await stack.init();
    for (const [key, value] of Object.entries(settingsOf(options))) await stack.set(key, value);
    const maxSessions = options.licensedSessions ?? 100_000;
    const { secrets = { license: mintLicense({ maxSessions, expiresInDays: 365 }) } } = options;
    for (const [key, value] of Object.entries(secrets)) await stack.setSecret(key, value);
  }

  /** Connects a fleet through the listeners Service. */
  connect(
    fleet: Pick<FleetOptions, "clients" | "offline"> & Partial<FleetOptions>,
    onSample?: (sample: Sample, pods: string[]) => void,
  ): Promise<FleetProcess> {
    const { kubeconfig, namespace, cluster } = this.watched;
    const { nodePort, mqttPort = 1883, sandbox } = this.options;
    const service = { kubeconfig, namespace, service: listenersService(this.watched) };
    const endpoints: EndpointSource =
      nodePort === undefined
        ? { kind: "service", ...service, port: mqttPort }
        : { kind: "node-port", ...service, nodePort, tables: join(sandbox.dir, NODE_PORTS) };
    const options: FleetOptions = {
      ...fleetDefaults,
      run: `${cluster}-${Date.now().toString(36)}`,
      endpoints,
      ...fleet,
    };
    return startFleet(options, onSample, this.options.signal);
  }

  /** Sets another image, as the user's change that causes an upgrade. */
  async setImage(image: string): Promise<void> {
    await this.stack.set("image", image);
  }

  /** Sets other numbers of nodes, which the next measurement expects. */
  async scale(to: { replicas?: number; replicants?: number }): Promise<void> {
    Object.assign(this.options, to);
    if (to.replicas !== undefined) await this.stack.set("replicas", String(to.replicas));
    const spec = specOf(this.options);
    if (to.replicants !== undefined) await this.stack.set("spec", JSON.stringify(spec));
  }

  /** Sets other arguments of the component; the number of replicants stays. */
  async setSpec(spec: Record<string, unknown>): Promise<void> {
    this.options.spec = spec;
    await this.stack.set("spec", JSON.stringify(specOf(this.options)));
  }

  /**
   * Performs an upgrade under the fleet's load and reports what was seen. `perform` is the upgrade,
   * by default one `pulumi up`; a change that leaves the sets in place, such as scaling, `switches`
   * nothing. The fleet is settled by it and can't be used again.
   */
  async measure(
    fleet: FleetProcess,
    to: string,
    options: {
      estimateSeconds?: number;
      perform?: () => Promise<unknown>;
      switches?: boolean;
    } = {},
  ): Promise<Report> {
    const { perform = (): Promise<PulumiResult> => this.stack.up() } = options;
    const observer = await Observer.start(this.watched);
    try {
      const startedAt = Date.now();
      await perform();
      const endedAt = Date.now();
      const kept = coloursOf(observer.log, startedAt)?.kept ?? [observer.selected ?? ""];
      const end = await readEndState(this.watched, ...kept);
      const figures = await fleet.settle();
      const report = makeReport({
        terms: {
          ...this.options,
          cluster: this.watched.cluster,
          from: this.image,
          to,
          switches: options.switches,
        },
        startedAt,
        endedAt,
        estimateSeconds: options.estimateSeconds,
        fleet: figures,
        log: observer.log,
        end,
        losses: readLosses(this.options.sandbox.dir),
      });
      this.image = to;
      return report;
    } finally {
      observer.stop();
    }
  }
}

/** Writes `report.json` and `report.html`; returns their paths. */
export function writeReport(report: Report, folder: string): { json: string; html: string } {
  mkdirSync(folder, { recursive: true });
  const paths = { json: join(folder, "report.json"), html: join(folder, "report.html") };
  writeFileSync(paths.json, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(paths.html, htmlReport(report));
  return paths;
}
