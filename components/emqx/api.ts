/** What the rollout asks of EMQX, whatever its API; every call goes to the pod that it is about. */
import type { Evacuation } from "../rollout/types";
import type { Json } from "./read";

/** A node about itself. */
export interface NodeStatus {
  node: string;
  node_status: string;
  otp_release?: string;
  version?: string;
  role?: string;
  edition?: string;
  /** Channels, offline in-memory sessions included. */
  connections: number;
  /** Clients that are connected now. */
  live_connections: number;
}

export interface License {
  type: string;
  expired: boolean;
  expiryAt?: string;
  maxSessions?: number;
}

/** Rates in clients or sessions per second, waits in seconds. */
export interface EvacuationStart {
  connEvictRate: number;
  sessEvictRate: number;
  waitTakeover: number;
  waitHealthCheck: number;
  migrateTo: string[];
}

/** What a node says of itself; EMQX knows other reasons than an evacuation to move clients. */
export interface LocalEvacuation extends Evacuation {
  /** Set when it is none: `rebalance`, `purge`. The state is then `unknown`. */
  process?: string;
}

/** Progress of evacuations for the user's outputs, as EMQX words it. */
export interface GlobalStatus {
  evacuations: Json[];
  purges: Json[];
  rebalances: Json[];
}

/**
 * One dialect of EMQX's HTTP API. On real nodes one hung host makes cluster-wide calls take 30 s and
 * more, so each node is asked about itself.
 */
export interface EmqxClient {
  node(pod: string, node: string): Promise<NodeStatus>;
  /** How this node sees the cluster. */
  view(pod: string): Promise<Record<string, "running" | "stopped">>;
  /** Total number of clients that ever connected to this node. */
  connectedTotal(pod: string, node: string): Promise<number>;
  /** State `unsupported` when this EMQX has no evacuation. */
  evacuation(pod: string): Promise<LocalEvacuation>;
  /** Undefined when this EMQX has no licence API. */
  license(pod: string): Promise<License | undefined>;
  /** For outputs and preflight only: it leaves out nodes that are busy (emqx-api.md, trap 7). */
  globalStatus(pod: string): Promise<GlobalStatus>;
  /** One that runs already is fine; whether a silent one was started shows the next observation. */
  startEvacuation(pod: string, node: string, start: EvacuationStart): Promise<void>;
  /** One that does not run is fine. */
  stopEvacuation(pod: string, node: string): Promise<void>;
  /** Removes a stopped node from the cluster; one that is no member is fine. */
  forceLeave(pod: string, node: string): Promise<void>;
  /** The configuration in force, secrets masked; undefined when this EMQX does not tell. */
  config(pod: string): Promise<Json | undefined>;
  /** Puts HOCON into force in the whole cluster; throws EMQX_CONFIG_REJECTED with path and reason. */
  configure(pod: string, hocon: string, mode: "merge" | "replace"): Promise<void>;
  /** Puts a licence into force in the whole cluster; throws EMQX_LICENSE_REJECTED. */
  renewLicense(pod: string, key: string): Promise<void>;
}
