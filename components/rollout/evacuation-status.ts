/** The operator's `nodeEvacuationsStatus`: exactly the fields of EMQX's `global_status`, whoever tells them. */
import type { NodeObservation } from "./types";

export interface EvacuationStatus {
  /** Evictions per second on this node. */
  connection_eviction_rate: number;
  node: string;
  session_eviction_rate: number;
  session_goal: number;
  connection_goal: number;
  session_recipients: string[];
  state: string;
  stats: {
    current_connected: number;
    current_sessions: number;
    initial_connected: number;
    initial_sessions: number;
  };
}

/** `told` is what EMQX says of the whole cluster; without it the nodes' own answers are worded alike. */
export function evacuationsIn(
  nodes: NodeObservation[],
  told?: Record<string, unknown>[],
): EvacuationStatus[] {
  return told ? told.map(asEmqxSays) : nodes.flatMap(asNodeSays);
}

const count = (value: unknown): number => (typeof value === "number" ? value : 0);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

function asEmqxSays(told: Record<string, unknown>): EvacuationStatus {
  const stats = (told.stats ?? {}) as Record<string, unknown>;
  const recipients: unknown[] = Array.isArray(told.session_recipients)
    ? told.session_recipients
    : [];
  return {
    connection_eviction_rate: count(told.connection_eviction_rate),
    node: text(told.node),
    session_eviction_rate: count(told.session_eviction_rate),
    session_goal: count(told.session_goal),
    connection_goal: count(told.connection_goal),
    session_recipients: recipients.map(text),
    state: text(told.state),
    stats: {
      current_connected: count(stats.current_connected),
      current_sessions: count(stats.current_sessions),
      initial_connected: count(stats.initial_connected),
      initial_sessions: count(stats.initial_sessions),
    },
  };
}

const IDLE = ["disabled", "unknown", "unsupported"];

function asNodeSays({ node, evacuation, ...seen }: NodeObservation): EvacuationStatus[] {
  if (!evacuation || IDLE.includes(evacuation.state)) return [];
  const connected = count(seen.liveConnections);
  return [
    {
      connection_eviction_rate: count(evacuation.connEvictRate),
      node,
      session_eviction_rate: count(evacuation.sessEvictRate),
      // An evacuation's goal is nobody.
      session_goal: 0,
      connection_goal: 0,
      session_recipients: evacuation.recipients ?? [],
      state: evacuation.state,
      stats: {
        current_connected: connected,
        current_sessions: Math.max(0, count(seen.connections) - connected),
        initial_connected: count(evacuation.initialConnected),
        initial_sessions: count(evacuation.initialSessions),
      },
    },
  ];
}
