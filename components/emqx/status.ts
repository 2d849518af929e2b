import type { Evacuation, EvacuationState } from "../rollout/types";
import { asArray, asCount, asObject, asString, asStrings } from "./read";

/** `GET /nodes/{self}`: the node about itself. */
export interface NodeStatus {
  node: string;
  node_status: string;
  otp_release?: string;
  version?: string;
  role?: string;
  edition?: string;
  connections: number;
  live_connections: number;
}

const STATES: readonly string[] = [
  "waiting_health_check",
  "evicting_conns",
  "waiting_takeover",
  "evicting_sessions",
  "prohibiting",
] satisfies EvacuationState[];

/** Undefined when the body is not what EMQX sends for a running node. */
export function parseNode(body: unknown): NodeStatus | undefined {
  const fields = asObject(body);
  const node = asString(fields?.node);
  const connections = asCount(fields?.connections);
  const live = asCount(fields?.live_connections);
  if (!fields || node === undefined || connections === undefined || live === undefined) {
    return undefined;
  }
  return {
    node,
    node_status: asString(fields.node_status) ?? "running",
    otp_release: asString(fields.otp_release),
    version: asString(fields.version),
    role: asString(fields.role),
    edition: asString(fields.edition),
    connections,
    live_connections: live,
  };
}

/** `GET /nodes` -> node name to "running" or "stopped"; undefined when it is no list. */
export function parseView(body: unknown): Record<string, "running" | "stopped"> | undefined {
  const nodes = asArray(body);
  if (!nodes) return undefined;
  const view: Record<string, "running" | "stopped"> = {};
  for (const each of nodes) {
    const fields = asObject(each);
    const node = asString(fields?.node);
    if (node === undefined) return undefined;
    view[node] = fields?.node_status === "running" ? "running" : "stopped";
  }
  return view;
}

/** `GET /load_rebalance/status`; a rebalance or a state that we do not know reads as `unknown`. */
export function parseEvacuation(body: unknown): Evacuation | undefined {
  const fields = asObject(body);
  if (!fields) return undefined;
  if (fields.status === "disabled") return { state: "disabled" };
  const state = asString(fields.state);
  if (fields.status !== "enabled" || state === undefined) return undefined;
  const stats = asObject(fields.stats);
  return {
    state:
      fields.process === "evacuation" && STATES.includes(state)
        ? (state as EvacuationState)
        : "unknown",
    connEvictRate: asCount(fields.connection_eviction_rate),
    sessEvictRate: asCount(fields.session_eviction_rate),
    recipients: asStrings(fields.session_recipients),
    initialConnected: asCount(stats?.initial_connected),
    initialSessions: asCount(stats?.initial_sessions),
  };
}

/** `GET /license` of any 5.x; undefined when the body is none. */
export function parseLicense(
  body: unknown,
): { type: string; expired: boolean; expiryAt?: string; maxSessions?: number } | undefined {
  const fields = asObject(body);
  const type = asString(fields?.type);
  if (!fields || type === undefined) return undefined;
  return {
    type,
    expired: fields.expiry === true,
    expiryAt: asString(fields.expiry_at),
    maxSessions: asCount(fields.max_sessions) ?? asCount(fields.max_connections),
  };
}
