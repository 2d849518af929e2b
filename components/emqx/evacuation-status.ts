import type { Evacuation, EvacuationState } from "../rollout/types";
import type { GlobalStatus } from "./api";
import { asArray, asCount, asObject, asString, asStrings, type Json } from "./read";

const STATES: readonly string[] = [
  "waiting_health_check",
  "evicting_conns",
  "waiting_takeover",
  "evicting_sessions",
  "prohibiting",
] satisfies EvacuationState[];

/** `GET /load_rebalance/status` of 4.4 and 5; a rebalance or a state that we do not know reads as `unknown`. */
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

/** `GET /load_rebalance/global_status`; 4.4 has no purges. */
export function parseGlobalStatus(body: unknown): GlobalStatus | undefined {
  const fields = asObject(body);
  if (!fields) return undefined;
  const objects = (value: unknown) =>
    (asArray(value) ?? []).map(asObject).filter((each): each is Json => each !== undefined);
  return {
    evacuations: objects(fields.evacuations),
    purges: objects(fields.purges),
    rebalances: objects(fields.rebalances),
  };
}

export const nothingRunning = (): GlobalStatus => ({ evacuations: [], purges: [], rebalances: [] });
