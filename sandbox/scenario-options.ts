import { readFileSync } from "node:fs";
import type { Watched } from "./measure/watched";
import type { Sandbox } from "./sandbox";
import type { StackOptions } from "./stack";

/** A cluster of the repository's own program, and what its upgrades are measured against. */
export interface ScenarioOptions {
  sandbox: Sandbox;
  /** Name of the stack, and of the file with its settings in the sandbox's folder. */
  stack: string;
  /** Folder of the Pulumi project. Default the repository's own. */
  project?: string;
  /** Settings file to begin with, for example the repository's `Pulumi.prod.yaml`. */
  configFrom?: string;
  /** Name of the EMQX cluster. Default `emqx`. */
  cluster?: string;
  namespace?: string;
  image: string;
  /** Cores. */
  replicas: number;
  /** Replicants, which then serve the clients. Default 0. */
  replicants?: number;
  connEvictRate: number;
  sessEvictRate: number;
  initialDelaySeconds: number;
  waitTakeover: number;
  /** Anything else of the component's arguments, as the setting `spec`. */
  spec?: Record<string, unknown>;
  /** Further settings of the program. */
  config?: Record<string, string>;
  /**
   * Settings of a program that is not the repository's: then these and `config` are all that is
   * set, and the fields above only say what upgrades are measured against.
   */
  ownSettings?: boolean;
  /** Secret settings in place of `license`. */
  secrets?: Record<string, string>;
  /** Sessions that the licence allows; default 100,000. */
  licensedSessions?: number;
  /** Where the cluster is looked at, where that is not the default. */
  watch?: Partial<Omit<Watched, "kubeconfig" | "namespace" | "cluster">>;
  /** Port on which the pods of the listeners Service take MQTT. Default 1883. */
  mqttPort?: number;
  /** Clients connect to this port of 127.0.0.1 instead of to the Service's endpoints. */
  nodePort?: number;
  onCommand?: StackOptions["onCommand"];
  onLine?: StackOptions["onLine"];
  /** Kills the Pulumi command under way, and with it the scenario. */
  signal?: AbortSignal;
}

/** Settings of the stack, without those that are secret. */
export function settingsOf(options: ScenarioOptions): Record<string, string> {
  const { cluster, namespace, ownSettings } = options;
  const spec = specOf(options);
  const usual = {
    image: options.image,
    replicas: options.replicas,
    connEvictRate: options.connEvictRate,
    sessEvictRate: options.sessEvictRate,
    initialDelaySeconds: options.initialDelaySeconds,
    waitTakeover: options.waitTakeover,
    ...(cluster !== undefined && cluster !== "emqx" && { name: cluster }),
    ...(namespace !== undefined && namespace !== "default" && { namespace }),
    ...(spec && { spec: JSON.stringify(spec) }),
  };
  const all = { ...(ownSettings ? {} : usual), ...options.config };
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, String(value)]));
}

/** The setting `spec` with the number of replicants in it; undefined when there is nothing to say. */
export function specOf({
  spec,
  replicants,
}: Pick<ScenarioOptions, "spec" | "replicants">): Record<string, unknown> | undefined {
  if (replicants === undefined) return spec;
  const template = (spec?.replicantTemplate ?? {}) as { spec?: object };
  const replicantTemplate = { ...template, spec: { ...template.spec, replicas: replicants } };
  return { ...spec, replicantTemplate };
}

/** A settings file without what belongs to one stack only: how its secrets are encrypted. */
export function settingsFile(path: string): string {
  return readFileSync(path, "utf8").replace(/^encryption(?:salt|key): .*\n?/gm, "");
}
