/** How long a rollout will take, by part, from live counts and from what earlier rollouts took. Pure. */
import { estimate } from "./drain";
import type {
  Desired,
  NodeObservation,
  Observation,
  Phase,
  RolloutEntry,
  RolloutRecord,
} from "./types";

/** Seconds, where nothing has been measured yet. */
const FIRST_START = 45;
const FIRST_REMOVAL = 5;
/** Until the EndpointSlices follow the selector and the proof is seen. */
const SWITCH = 1;

export interface Parts {
  /** Seconds until the new pods are ready and joined. */
  start: number;
  /** Seconds from the switch until the last client and session is moved, initial delay included. */
  drain: number;
  /** Seconds until the last old pod is gone from Kubernetes and from EMQX. */
  removal: number;
  /** The start was measured by an earlier rollout. */
  measured: boolean;
}

/** Nodes that the rollout will remove: other colours, and ordinals that are too high. */
export function leavingNodes(observation: Observation, desired: Desired): NodeObservation[] {
  return observation.nodes.filter(
    (node) =>
      !node.terminating && (node.revision !== desired.revision || node.ordinal >= desired.replicas),
  );
}

export function estimateParts(
  observation: Observation,
  desired: Desired,
  record: RolloutRecord,
): Parts {
  const leaving = leavingNodes(observation, desired);
  const ready = observation.nodes.filter(
    (node) => node.revision === desired.revision && node.ready && !node.terminating,
  ).length;
  const switches = observation.service.selects !== desired.revision;
  const loads = leaving.map((node) => {
    // A surplus node is in service until its evacuation starts, so it is evacuated even when empty.
    const least = node.revision === desired.revision ? 1 : 0;
    const clients = Math.max(least, node.liveConnections ?? 0);
    return { connections: clients, sessions: Math.max(0, (node.connections ?? 0) - clients) };
  });
  const started = measured(record, ["Preflight", "CreateGreen", "WaitGreen"], "WaitGreen");
  const removed = measured(record, ["Retire"], "Retire");
  const delay = switches ? 0 : desired.strategy.initialDelaySeconds;
  return {
    start: ready >= desired.replicas ? 0 : Math.round(started ?? FIRST_START),
    drain:
      leaving.length === 0 ? 0 : Math.round(estimate(loads, desired.strategy) - delay) + SWITCH,
    removal: leaving.length === 0 ? 0 : Math.round(removed ?? FIRST_REMOVAL),
    measured: started !== undefined,
  };
}

export const total = (parts: Parts): number => parts.start + parts.drain + parts.removal;

/** How many of the newest rollouts are looked at. */
const RECENT = 5;

/**
 * Seconds that these phases took, in the recent rollouts that had the needed one: the lower
 * median, since a run that was killed counts the time until somebody went on.
 */
function measured(record: RolloutRecord, phases: Phase[], needed: Phase): number | undefined {
  const entries = record.current ? [record.current, ...record.history] : record.history;
  const seconds = (entry: RolloutEntry, wanted: Phase[]) =>
    entry.phases
      .filter(({ name }) => wanted.includes(name))
      .reduce((sum, phase) => sum + (phase.seconds ?? 0), 0);
  const samples = entries
    .filter(({ phase, kind }) => phase === "Done" && (kind === "create" || kind === "blue-green"))
    .filter((entry) => seconds(entry, [needed]) > 0)
    .slice(0, RECENT)
    .map((entry) => seconds(entry, phases))
    .sort((a, b) => a - b);
  return samples[Math.floor((samples.length - 1) / 2)];
}
