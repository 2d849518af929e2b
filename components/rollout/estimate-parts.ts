/** How long a rollout will take, by part, from live counts and from what earlier rollouts took. Pure. */
import { estimate } from "./drain";
import type { Desired, NodeObservation, Observation, Phase, RolloutRecord } from "./types";

/** Seconds, where nothing has been measured yet. */
const FIRST_START = 45;
const FIRST_REMOVAL = 10;
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
    const clients = node.liveConnections ?? 0;
    return { connections: clients, sessions: Math.max(0, (node.connections ?? 0) - clients) };
  });
  const started = measured(record, ["Preflight", "CreateGreen", "WaitGreen"], ["WaitGreen"]);
  const removed = measured(record, ["Retire"], ["Retire"]);
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

/** Seconds of these phases in the newest finished rollout that had the needed ones. */
function measured(record: RolloutRecord, phases: Phase[], needed: Phase[]): number | undefined {
  const entries = [...(record.current ? [record.current] : []), ...record.history];
  for (const entry of entries) {
    if (entry.phase !== "Done" || (entry.kind !== "create" && entry.kind !== "blue-green"))
      continue;
    const seconds = (wanted: Phase[]) =>
      entry.phases
        .filter(({ name }) => wanted.includes(name))
        .reduce((sum, phase) => sum + (phase.seconds ?? 0), 0);
    if (seconds(needed) > 0) return seconds(phases);
  }
  return undefined;
}
