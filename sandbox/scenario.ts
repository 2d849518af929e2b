import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { htmlReport } from "./chart/html";
import { mintLicense } from "./emqx/license";
import type { Sample } from "./load/figures";
import { fleetDefaults, type FleetOptions } from "./load/options";
import { startFleet, type FleetProcess } from "./load/process";
import { readEndState } from "./measure/emqx-api";
import { makeReport } from "./measure/make-report";
import { Observer, type Watched } from "./measure/observer";
import type { Report } from "./measure/report";
import type { PulumiResult } from "./pulumi-cli";
import type { Sandbox } from "./sandbox";
import { Stack, type StackOptions } from "./stack";
import { repositoryRoot } from "./toolchain/repository";

/** A cluster of the repository's own program, and what its upgrades are measured against. */
export interface ScenarioOptions {
  sandbox: Sandbox;
  /** Name of the stack, and of the file with its settings in the sandbox's folder. */
  stack: string;
  /** Folder of the Pulumi project. Default the repository's own. */
  project?: string;
  /** Name of the EMQX cluster. Default `emqx`. */
  cluster?: string;
  namespace?: string;
  image: string;
  replicas: number;
  connEvictRate: number;
  sessEvictRate: number;
  initialDelaySeconds: number;
  waitTakeover: number;
  /** Further settings of the program. */
  config?: Record<string, string>;
  /** Sessions that the licence allows; default 100,000. */
  licensedSessions?: number;
  onCommand?: StackOptions["onCommand"];
  onLine?: StackOptions["onLine"];
  /** Kills the Pulumi command under way, and with it the scenario. */
  signal?: AbortSignal;
}

/** A stack on a sandbox, with the steps that demo and end-to-end tests are made of. */
export class Scenario {
  readonly stack: Stack;
  readonly watched: Watched;
  private image: string;

  constructor(private readonly options: ScenarioOptions) {
    const { sandbox, stack, cluster = "emqx", namespace = "default" } = options;
    this.image = options.image;
    this.watched = { kubeconfig: sandbox.kubeconfig, namespace, cluster };
    this.stack = new Stack({
      name: stack,
      cwd: options.project ?? repositoryRoot(),
      configFile: join(sandbox.dir, `Pulumi.${stack}.yaml`),
      env: sandbox.env,
      onCommand: options.onCommand,
      onLine: options.onLine,
      signal: options.signal,
    });
  }

  /** Creates the stack and writes its settings. */
  async configure(): Promise<void> {
    const { options, stack, watched } = this;
    await stack.init();
    const settings = {
      image: options.image,
      replicas: options.replicas,
      connEvictRate: options.connEvictRate,
      sessEvictRate: options.sessEvictRate,
      initialDelaySeconds: options.initialDelaySeconds,
      waitTakeover: options.waitTakeover,
      ...(watched.cluster !== "emqx" && { name: watched.cluster }),
      ...(watched.namespace !== "default" && { namespace: watched.namespace }),
      ...options.config,
    };
    for (const [key, value] of Object.entries(settings)) await stack.set(key, String(value));
    const maxSessions = options.licensedSessions ?? 100_000;
    await stack.setSecret("license", mintLicense({ maxSessions, expiresInDays: 365 }));
  }

  /** Connects a fleet through the listeners Service. */
  connect(
    fleet: Pick<FleetOptions, "clients" | "offline"> & Partial<FleetOptions>,
    onSample?: (sample: Sample, pods: string[]) => void,
  ): Promise<FleetProcess> {
    const { kubeconfig, namespace, cluster } = this.watched;
    const service = `${cluster}-listeners`;
    const options: FleetOptions = {
      ...fleetDefaults,
      run: `${cluster}-${Date.now().toString(36)}`,
      endpoints: { kind: "service", kubeconfig, namespace, service, port: 1883 },
      ...fleet,
    };
    return startFleet(options, onSample, this.options.signal);
  }

  /** Sets another image, as the user's change that causes an upgrade. */
  async setImage(image: string): Promise<void> {
    await this.stack.set("image", image);
  }

  /**
   * Performs an upgrade under the fleet's load and reports what was seen. `perform` is the upgrade,
   * by default one `pulumi up`. The fleet is settled by it and can't be used again.
   */
  async measure(
    fleet: FleetProcess,
    to: string,
    options: { estimateSeconds?: number; perform?: () => Promise<unknown> } = {},
  ): Promise<Report> {
    const { perform = (): Promise<PulumiResult> => this.stack.up() } = options;
    const { replicas, connEvictRate, sessEvictRate, initialDelaySeconds, waitTakeover } =
      this.options;
    const observer = await Observer.start(this.watched);
    try {
      const startedAt = Date.now();
      await perform();
      const endedAt = Date.now();
      const end = await readEndState(this.watched, observer.selected ?? "");
      const figures = await fleet.settle();
      const report = makeReport({
        terms: {
          cluster: this.watched.cluster,
          from: this.image,
          to,
          replicas,
          connEvictRate,
          sessEvictRate,
          initialDelaySeconds,
          waitTakeover,
        },
        startedAt,
        endedAt,
        estimateSeconds: options.estimateSeconds,
        fleet: figures,
        log: observer.log,
        end,
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
