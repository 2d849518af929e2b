/**
 * The types that the parts of a rollout exchange. Arrows point one way:
 * provider -> engine -> (observe, decide, act) -> emqx/, kubernetes/.
 * Everything here is plain JSON: no class, no Pulumi, no client.
 */

import type { ErrorCode } from "../errors";
import type { PreflightFacts } from "./preflight-facts";
import type { Away, NodeFigures, Phase } from "./record-types";

/** Cores hold the cluster's tables; replicants (EMQX 5 and later) only take clients. */
export type Role = "core" | "replicant";

// ---------------------------------------------------------------------------------------------
// What the user wants

/** How the colours are exchanged. Names and defaults are the operator's (`EMQX.spec.updateStrategy`). */
export interface Strategy {
  /** Seconds between the proof of the switch and the first evacuation. Default 10. */
  initialDelaySeconds: number;
  /** Connections per second that may be evicted, summed over the whole cluster. Default 1000. */
  connEvictRate: number;
  /** Sessions per second that may be moved, summed over the whole cluster. Default 1000. */
  sessEvictRate: number;
  /** Seconds that evicted clients get to reconnect before their sessions are moved. Default 10. */
  waitTakeover: number;
  /** Seconds that an evacuating node goes on accepting clients before it evicts. Default 0. */
  waitHealthCheck: number;
  /** Seconds that green may take to become ready and joined. Default 600. */
  progressDeadlineSeconds: number;
  /** Seconds that the drain may take in total; undefined means no limit. */
  drainDeadlineSeconds?: number;
  /** What happens to green when it misses its deadline: deleted, or kept for inspection. */
  onFailure: "abort" | "hold";
  /**
   * Share of the evicted clients that must be back on green within 10 s, or evacuation is held until
   * they are. 0 to 1, default 0.5; 0 never holds.
   */
  returnShare?: number;
  /** "manual" waits for the annotation `emqx.io/rollout-control: promote` before the switch. */
  gate: "none" | "manual";
}

/** The goal of one rollout, derived from the resource's inputs by `desired.ts`. */
export interface Desired {
  /** Revision (short hash) of the core set that is to stay in the end. */
  revision: string;
  /** Core nodes wanted in that set, at least 1. */
  replicas: number;
  /** Absent when no replicant is wanted, zero replicas included. */
  replicants?: DesiredReplicants;
  /** Image of both sets, as the user wrote it. */
  image: string;
  strategy: Strategy;
  /** What running nodes take without a new pod; when absent, nothing is looked at. */
  settings?: Settings;
  /** This release knows no `wait_health_check` (4.4, 5.0): an evacuation evicts from its first second. */
  evictsAtOnce?: boolean;
  /** Judged before a pod exists; absent when no licence was given, or one that cannot be read here. */
  license?: LicenseFacts;
  /**
   * EMQX 4.4 without `blueGreenUpdate`: the one set `<name>`, whose revision is always "rolling", is
   * renewed pod by pod by Kubernetes until all its pods are of this template (a hash).
   */
  rolling?: { template: string };
}

export interface DesiredReplicants {
  /** Revision of the replicant set; differs from every core revision. */
  revision: string;
  /** At least 1. */
  replicas: number;
  /** An autoscaler owns the number: it is only used where no replicant set exists yet. */
  ignoreReplicas?: boolean;
}

/** Digests of what is put into force through EMQX's API instead of by new pods; absent: none is set. */
export interface Settings {
  /** Of the hot part of the configuration (`config-roots.ts`). */
  config?: string;
  /** Of the licence key. */
  license?: string;
}

/** What a licence key says about itself; no part of it is secret. */
export interface LicenseFacts {
  /** `single-node` refuses to cluster. */
  type: "official" | "trial" | "evaluation" | "single-node";
  /** ISO 8601 date of the last valid day; absent for `evaluation`. */
  expiresOn?: string;
  /** Sessions that EMQX accepts cluster-wide; 25 for `evaluation`. */
  maxSessions?: number;
}

// ---------------------------------------------------------------------------------------------
// What the cluster shows

/** State of EMQX's evacuation on a node; `unknown` when the node did not answer. */
export type EvacuationState =
  | "disabled"
  | "waiting_health_check"
  | "evicting_conns"
  | "waiting_takeover"
  | "evicting_sessions"
  | "prohibiting"
  /** This release has no evacuation: open source before 5.9, 4.4 before 4.4.12. */
  | "unsupported"
  | "unknown";

/** `GET /load_rebalance/status` of the node itself. */
export interface Evacuation {
  state: EvacuationState;
  connEvictRate?: number;
  sessEvictRate?: number;
  /** Node names that receive sessions, as EMQX reports them live. */
  recipients?: string[];
  initialConnected?: number;
  initialSessions?: number;
}

/** One pod and, when it answers, the EMQX node in it. */
export interface NodeObservation {
  pod: string;
  role: Role;
  revision: string;
  /** Ordinal within its StatefulSet; 0 for a replicant. */
  ordinal: number;
  /** Annotation `emqx.io/template` of a pod of the rolling set. */
  template?: string;
  /** Kubernetes' Ready condition. */
  ready: boolean;
  /** The pod has a deletionTimestamp. */
  terminating: boolean;
  /** Why the pod does not run, in one line with the last log lines or event; for diagnoses only. */
  trouble?: string;
  /** Reason of a waiting or failed container, as Kubernetes spells it: `ImagePullBackOff`, `CrashLoopBackOff`, ... */
  reason?: string;
  /** EMQX's own container does not run, for that reason; a sidecar's reason or an old restart is none. */
  down?: boolean;
  /** `emqx@host`; derived from the pod, so it is known even when EMQX does not answer. */
  node: string;
  /** EMQX answered about itself in this observation. When false, all fields below are absent. */
  reachable: boolean;
  version?: string;
  otpRelease?: string;
  edition?: string;
  /** Channels on the node, offline in-memory sessions included (`/nodes/{self}.connections`). */
  connections?: number;
  /** Clients connected now (`live_connections`). */
  liveConnections?: number;
  /** Total number of clients that ever connected (metric `client.connected`), for the proof of the switch. */
  connectedTotal?: number;
  evacuation?: Evacuation;
  /** The node's own view of the cluster: node name -> "running" | "stopped". */
  view?: Record<string, "running" | "stopped">;
}

/** One colour of one role: a StatefulSet of cores or a Deployment of replicants, whatever its age. */
export interface SetObservation {
  role: Role;
  /** Physical name, prefix of its pods' names. */
  name: string;
  revision: string;
  /** `spec.replicas`. */
  replicas: number;
  /** Pods that exist, terminating ones included. */
  pods: number;
  image: string;
  /** Milliseconds since the epoch, server time; only for ordering sets by age. */
  createdAt: number;
  /** deletionTimestamp is set. */
  deleting: boolean;
  /** What its ConfigMap says is in force or will be at the next start of a pod. */
  settings?: Settings;
  /** Annotation `emqx.io/template` of the rolling set. */
  template?: string;
  /** Why Kubernetes cannot create its pods, such as a quota. */
  trouble?: string;
}

/** Where the listeners Service points, from the API server. */
export interface ServiceObservation {
  /** The Service exists. */
  exists: boolean;
  /** Revision in its selector, null when it has none, or not exactly one that the rollout writes. */
  selects: string | null;
  /** The same of the dashboard Service; undefined when there is none. */
  dashboardSelects?: string | null;
  /** Names of the pods that its EndpointSlices list as ready. */
  readyPods: string[];
}

export type Control = "pause" | "resume" | "abort" | "promote" | null;

/** One look at everything. Missing data is `undefined` or `reachable: false`, never a guess. */
export interface Observation {
  sets: SetObservation[];
  nodes: NodeObservation[];
  /** Configurations of sets that are gone with all their pods; absent when there is none. */
  ownerless?: { role: Role; set: string; revision: string }[];
  service: ServiceObservation;
  /** Annotation `emqx.io/rollout-control` on the record. */
  control: Control;
  preflight?: PreflightFacts;
}

// ---------------------------------------------------------------------------------------------
// What the rules answer

/** One write. `act.ts` performs it and decides nothing. */
export type Action =
  /** Gather `PreflightFacts`: they are expensive, so only when a set is about to be created. */
  | { do: "inspect" }
  /** Apply ConfigMap and StatefulSet or Deployment of the desired revision of that role. */
  | { do: "createSet"; role: Role; revision: string; replicas: number }
  /** `set` is the physical name. Of a Deployment, `victims` are the pods that are to go first. */
  | { do: "scaleSet"; role: Role; set: string; replicas: number; victims?: string[] }
  /** Apply `spec.selector` of the listeners Service (`role` and its revision) and of the dashboard Service (`core`). */
  | { do: "select"; role: Role; revision: string; core: string }
  | {
      do: "evacuate";
      node: string;
      pod: string;
      connEvictRate: number;
      sessEvictRate: number;
      waitTakeover: number;
      waitHealthCheck: number;
      migrateTo: string[];
    }
  | { do: "stopEvacuation"; node: string; pod: string }
  /** Delete the StatefulSet or Deployment `set` and the ConfigMap of its revision; no pods are left. */
  | { do: "deleteSet"; role: Role; set: string; revision: string }
  /** Remove a stopped node from EMQX's cluster; `via` are the pods that may be asked. */
  | { do: "forceLeave"; node: string; via: string[] }
  /**
   * Put the hot configuration into force through one of the pods `via`; once EMQX has accepted it,
   * write it and its digest to the ConfigMaps of `revisions`. Without `via` only the latter.
   */
  | { do: "configure"; revisions: string[]; via: string[] }
  /** The same for the licence. */
  | { do: "renewLicense"; revisions: string[]; via: string[] }
  /** Consume the control annotation once it has been obeyed. */
  | { do: "clearControl" };

/**
 * Facts whose age matters, by name: `joined`, `switched`, `quiet`, and per node such as
 * `<node> evicting_conns`. An absent name is false.
 */
export type Conditions = Record<string, boolean>;

/** Milliseconds for which each true condition has held without a gap, as the engine saw it. */
export type Held = Record<string, number>;

export interface Decision {
  phase: Phase;
  actions: Action[];
  /** What is being waited for, for the status line; empty when nothing is. */
  waitingFor: string;
  /** The rollout is over: `done` with success, `failed` with a code of `errors.ts` and a diagnosis. */
  done?: boolean;
  failed?: { code: ErrorCode; message: string };
  /** Drain figures, for progress and record. */
  progress?: Progress;
  /** The rollout turns back to `from`; the engine stores it as `aborting`, `failureCode` and `message`. */
  abort?: { code: ErrorCode; message: string };
  warnings?: string[];
  /** The drain begins nothing new: `waitingFor` says why. */
  holding?: boolean;
  /** Evicted clients stay away: evacuation is held; null when they are back. The engine stores it. */
  away?: Away | null;
}

export interface Progress {
  /** Nodes drained so far, of all that leave. */
  drained: number;
  leaving: number;
  /** Connections and sessions still on leaving nodes. */
  connectionsLeft: number;
  sessionsLeft: number;
  /** What was there at the start (from the record). */
  connectionsAtStart: number;
  /** What is on the leaving nodes that answer now. */
  figures: NodeFigures[];
  /** Seconds left by the drain's own model. */
  etaSeconds: number;
}

export type * from "./ports";
export type * from "./record-types";
