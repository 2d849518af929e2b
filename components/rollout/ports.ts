/** Ports of the engine: what it needs from outside, so that tests can give it a model and a clock. */
import type { DashboardTls } from "../emqx/tls";
import type { Action, Observation, Role, RolloutEntry, RolloutRecord } from "./types";

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export interface Cluster {
  observe(options: { preflight: boolean }): Promise<Observation>;
  act(action: Action): Promise<void>;
}

export interface RecordStore {
  /** The stored record, or an empty one when there is none. */
  load(): Promise<RolloutRecord>;
  /** Writes only when the content changed. */
  save(record: RolloutRecord): Promise<void>;
}

/** One runner at a time: the Lease `<name>-rollout`. */
export interface Fence {
  /** Waits for a stale holder to expire; throws ROLLOUT_FENCED when a live one keeps renewing. */
  acquire(): Promise<void>;
  /** Throws ROLLOUT_FENCED when the lease was lost. Called once a tick; writes only when due. */
  renew(): Promise<void>;
  release(): Promise<void>;
  /** Gives back what a run that died on this machine has left held. */
  tidy(): Promise<void>;
}

/** Where people read along. No secret may ever get here. */
export interface Sink {
  /** One live line, replaced by the next. */
  status(line: string): void;
  /** A lasting line: a finished phase, the summary. */
  milestone(line: string): void;
  warn(line: string): void;
}

export interface RolloutResult {
  record: RolloutRecord;
  entry: RolloutEntry;
  /** The last observation, from which the outputs are made. */
  observation: Observation;
}

/** Where a cluster lives: names only, no credentials. */
export interface Site {
  /** Logical cluster name, prefix of every physical name (`labels.ts`). */
  name: string;
  namespace: string;
  /** Default `cluster.local`. */
  clusterDomain: string;
  /** EMQX's HTTP API: `v4` for 4.4, `v5` for 5 and 6. Absent in states of older packages: `v5`. */
  dialect?: "v4" | "v5";
  /** Part of the nodes' names before the `@`. Absent: `emqx`. */
  nodePrefix?: string;
  /** Names of the Services. Absent: `<name>-listeners` and `<name>-dashboard`. */
  listenersService?: string;
  dashboardService?: string;
  /** Port of EMQX's HTTP API in the pods, default 18083; 8081 with `v4`. */
  dashboardPort: number;
  /** EMQX's HTTP API speaks HTTPS at that port. Absent: HTTP. */
  dashboardHttps?: boolean;
  /** How its certificate is verified, when it does. */
  dashboardTls?: DashboardTls;
  /** Secret that holds the bootstrap API keys, one `key:secret` a line; ours is the key `pulumi-emqx`. */
  apiKeySecret: { name: string; key: string };
  licenseConfigured: boolean;
}

/** The two objects of a revision, ready for server-side apply. */
export interface SetManifests {
  configMap: KubernetesObject;
  /** StatefulSet of cores or Deployment of replicants. */
  workload: KubernetesObject;
}

/** Makes the objects that the inputs describe. */
export type Manifests = (role: Role, revision: string, replicas: number) => SetManifests;

/** What running nodes take without a new pod. */
export interface HotSettings {
  /** HOCON text for `PUT /configs`; empty when there is nothing to set. */
  hocon: string;
  mode: "merge" | "replace";
  /** Secret and key that hold the licence key; absent when none was given. */
  licenseSecret?: { name: string; key: string };
  /** Digests that the ConfigMaps are annotated with once EMQX has accepted them. */
  digests: { config?: string; license?: string };
}

/** A setting that EMQX's API shows otherwise than the program has it: somebody changed it by hand. */
export interface ConfigDrift {
  /** Path in EMQX's configuration: `mqtt.max_packet_size`. */
  key: string;
  /** Both as text; never of a secret. */
  declared: string;
  found: string;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [key: string]: unknown;
  };
  [key: string]: unknown;
}
