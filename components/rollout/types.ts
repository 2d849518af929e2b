/**
 * The types that the parts of a rollout exchange. Arrows point one way:
 * provider -> engine -> (observe, decide, act) -> emqx/, kubernetes/.
 * Everything here is plain JSON: no class, no Pulumi, no client.
 */

import type { ErrorCode } from "../errors";

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
  /** "manual" waits for the annotation `emqx.io/rollout-control: promote` before the switch. */
  gate: "none" | "manual";
}

/** The goal of one rollout, derived from the resource's inputs by `revision.ts`. */
export interface Desired {
  /** Revision (short hash) of the set that is to serve in the end. */
  revision: string;
  /** Core nodes wanted in that set, at least 1. */
  replicas: number;
  /** Image of that set, as the user wrote it. */
  image: string;
  strategy: Strategy;
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
  revision: string;
  /** Ordinal within its StatefulSet. */
  ordinal: number;
  /** Kubernetes' Ready condition. */
  ready: boolean;
  /** The pod has a deletionTimestamp. */
  terminating: boolean;
  /** Why the pod does not run, in one line with the last log lines or event; for diagnoses only. */
  trouble?: string;
  /** Reason of a waiting or failed container, as Kubernetes spells it: `ImagePullBackOff`, `CrashLoopBackOff`, ... */
  reason?: string;
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

/** One colour: a StatefulSet, whatever its age. */
export interface SetObservation {
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
}

/** Where the listeners Service points, from the API server. */
export interface ServiceObservation {
  /** The Service exists. */
  exists: boolean;
  /** Revision in its selector, null when it has none. */
  selects: string | null;
  /** Names of the pods that its EndpointSlices list as ready. */
  readyPods: string[];
}

/** What Preflight looks at; gathered once, before green is created. */
export interface PreflightFacts {
  /** `verb resource` pairs that SelfSubjectAccessReview denies. */
  missingPermissions: string[];
  /** From `GET /license` of a running node; undefined on a first deployment or when unreadable. */
  license?: { type: string; expired: boolean; expiryAt?: string; maxSessions?: number };
  /** The evacuation API answers on every node that will be drained. */
  evacuationApi: boolean;
  /** Running rebalances, or evacuations of nodes that no rollout of ours touches. */
  foreignRebalances: string[];
  /** A licence is configured for the new nodes (argument, config root or env). */
  licenseConfigured: boolean;
}

export type Control = "pause" | "resume" | "abort" | "promote" | null;

/** One look at everything. Missing data is `undefined` or `reachable: false`, never a guess. */
export interface Observation {
  sets: SetObservation[];
  nodes: NodeObservation[];
  service: ServiceObservation;
  /** Annotation `emqx.io/rollout-control` on the record. */
  control: Control;
  preflight?: PreflightFacts;
}

// ---------------------------------------------------------------------------------------------
// The record: ConfigMap `<name>-rollout`, key `record.json`

export type Phase =
  | "Preflight"
  | "CreateGreen"
  | "WaitGreen"
  | "Gate"
  | "Promote"
  | "Evacuate"
  | "Retire"
  | "Done"
  | "Aborting"
  | "Held"
  | "Failed";

export interface PhaseTiming {
  name: Phase;
  /** ISO 8601, clock of the runner. */
  startedAt: string;
  seconds?: number;
}

export interface NodeFigures {
  node: string;
  connections: number;
  sessions: number;
}

export interface RolloutEntry {
  /** Unique per rollout: `<revision>-<n>`. */
  id: string;
  kind: "create" | "blue-green" | "scale" | "none";
  /** Revision that served before, null on the first deployment. */
  from: string | null;
  to: string;
  fromImage?: string;
  toImage: string;
  phase: Phase;
  /** Set by an abort: the rollout heads back to `from`. */
  aborting: boolean;
  startedAt: string;
  finishedAt?: string;
  phases: PhaseTiming[];
  /** What was on the leaving nodes when the drain began. */
  nodes: NodeFigures[];
  /** Highest evictions per second observed. */
  peakRate?: number;
  estimateSeconds?: number;
  /** Code and text of why it failed, was held or turned back. */
  failureCode?: ErrorCode;
  message?: string;
}

export interface RolloutRecord {
  schemaVersion: 1;
  /** Version of the hash that `active` was computed with (`revision.ts`), so that a new package never starts a rollout. */
  hashVersion: number;
  /** Revision that serves now, null before the first deployment succeeded. */
  active: string | null;
  /** The rollout under way, or the last one. */
  current: RolloutEntry | null;
  /** The last 10, newest first. */
  history: RolloutEntry[];
}

// ---------------------------------------------------------------------------------------------
// What the rules answer

/** One write. `act.ts` performs it and decides nothing. */
export type Action =
  /** Gather `PreflightFacts`: they are expensive, so only when a set is about to be created. */
  | { do: "inspect" }
  /** Apply ConfigMap and StatefulSet of the desired revision. */
  | { do: "createSet"; revision: string; replicas: number }
  | { do: "scaleSet"; revision: string; replicas: number }
  /** Apply `spec.selector` of the listeners Service. */
  | { do: "select"; revision: string }
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
  /** Delete the StatefulSet and ConfigMap of a revision that has no pods left. */
  | { do: "deleteSet"; revision: string }
  /** Remove a stopped node from EMQX's cluster; `via` are the pods that may be asked. */
  | { do: "forceLeave"; node: string; via: string[] }
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
  /** Seconds left by the drain's own model. */
  etaSeconds: number;
}

/** What `estimate()` needs of a node that will be drained. */
export interface Load {
  connections: number;
  /** Sessions expected to stay behind, i.e. offline ones. */
  sessions: number;
}

export type * from "./ports";
