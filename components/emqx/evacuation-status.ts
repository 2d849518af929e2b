import type { EvacuationState } from "../rollout/types";
import type { GlobalStatus, LocalEvacuation } from "./api";
import { asArray, asCount, asObject, asString, asStrings, type Json } from "./read";

const STATES: readonly string[] = [
  "waiting_health_check",
  "evicting_conns",
  "waiting_takeover",
  "evicting_sessions",
  "prohibiting",
] satisfies EvacuationState[];

/** `GET /load_rebalance/status` of 4.4 and 5; a rebalance or a state that we do not know reads as `unknown`. */
export function parseEvacuation(body: unknown): LocalEvacuation | undefined {
  const fields = asObject(body);
  if (!fields) return undefined;
  if (fields.status === "disabled") return { state: "disabled" };
  const state = asString(fields.state);
  if (fields.status !== "enabled" || state === undefined) return undefined;
  const process = asString(fields.process);
  if (process === undefined) return undefined;
  if (process !== "evacuation") return { state: "unknown", process };
  const stats = asObject(fields.stats);
  return {
    state: STATES.includes(state) ? (state as EvacuationState) : "unknown",
    connEvictRate: asCount(fields.connection_eviction_rate),
    sessEvictRate: asCount(fields.session_eviction_rate),
    recipients: asStrings(fields.session_recipients),
    initialConnected: asCount(stats?.initial_connected),
    initialSessions: asCount(stats?.initial_sessions),
  };
}

/** `GET /load_rebalance/global_status`; 4.4 has no purges. A list that is none makes it no answer. */
export function parseGlobalStatus(body: unknown): GlobalStatus | undefined {
  const fields = asObject(body);
  const evacuations = objects(fields?.evacuations);
  const rebalances = objects(fields?.rebalances);
  const purges = fields?.purges === undefined ? [] : objects(fields.purges);
  return evacuations && rebalances && purges && { evacuations, purges, rebalances };
}

function objects(value: unknown): Json[] | undefined {
  const list = asArray(value)?.map(asObject);
  return list?.every((each): each is Json => each !== undefined) ? list : undefined;
}

export const nothingRunning = (): GlobalStatus => ({ evacuations: [], purges: [], rebalances: [] });
