/** How long a rollout will take, by part, from live counts and from what earlier rollouts took. Pure. */
import { estimate } from "./drain";
import { goalOf, isIn } from "./goal";
import { measured } from "./measured";
import { hasEvacuation } from "./release-of-nodes";
import { sidesOf } from "./sides";
import type { Desired, NodeObservation, Observation, RolloutRecord } from "./types";

/** Seconds, where nothing has been measured yet. */
const FIRST_START = 45;
const FIRST_REMOVAL = 5;
/** Until the EndpointSlices follow the selector and the proof is seen. */
const SWITCH = 1;

export interface Parts {
  /** Seconds until the new pods are ready and joined; of a rolling update, until all are renewed. */
  start: number;
  /** Seconds from the switch until the last client and session is moved, initial delay included. */
  drain: number;
  /** Seconds until the last old pod is gone from Kubernetes and from EMQX. */
  removal: number;
  /** The start was measured by an earlier rollout. */
  measured: boolean;
}

/** Nodes that the rollout will remove: those of other colours, and those that are too many. */
export function leavingNodes(observation: Observation, desired: Desired): NodeObservation[] {
  const goal = goalOf(desired);
  const surplus = sidesOf(goal, desired, observation).flatMap((side) => side.surplus);
  return observation.nodes.filter(
    (node) =>
      !node.terminating && (!isIn(goal, node.role, node.revision) || surplus.includes(node)),
  );
}

/** Pods of the rolling set that Kubernetes has yet to renew. */
export const agedNodes = ({ nodes }: Observation, { rolling }: Desired): NodeObservation[] =>
  rolling === undefined ? [] : nodes.filter(({ template }) => template !== rolling.template);

export function estimateParts(
  observation: Observation,
  desired: Desired,
  record: RolloutRecord,
): Parts {
  const sides = sidesOf(goalOf(desired), desired, observation);
  const aged = agedNodes(observation, desired);
  if (aged.length > 0) return rollingParts(aged.length, record);
  // Replicants start when the cores are there.
  const stages = sides.filter(
    (side) => side.staying.filter((node) => node.ready).length < side.replicas,
  ).length;
  const leaving = leavingNodes(observation, desired);
  const serving = sides.at(-1)?.revision;
  const switches = observation.service.selects !== serving;
  const started = measured(record, ["Preflight", "CreateGreen", "WaitGreen"], "WaitGreen");
  const removal = Math.round(measured(record, ["Retire"], "Retire") ?? FIRST_REMOVAL);
  return {
    start: stages === 0 ? 0 : Math.round(started ?? FIRST_START * stages),
    drain: leaving.length === 0 ? 0 : drainSeconds(leaving, observation, desired, switches),
    removal: leaving.length === 0 ? 0 : removal,
    measured: started !== undefined,
  };
}

export const total = (parts: Parts): number => parts.start + parts.drain + parts.removal;

function drainSeconds(
  leaving: NodeObservation[],
  observation: Observation,
  desired: Desired,
  switches: boolean,
): number {
  const { strategy } = desired;
  const moved = leaving.filter((node) => hasEvacuation(node, observation));
  const cut = leaving.filter((node) => !moved.includes(node) && (node.connections ?? 0) > 0);
  const loads = moved.map((node) => {
    // A surplus node is in service until its evacuation starts, so it is evacuated even when empty.
    const least = isIn(goalOf(desired), node.role, node.revision) ? 1 : 0;
    const clients = Math.max(least, node.liveConnections ?? 0);
    return { connections: clients, sessions: Math.max(0, (node.connections ?? 0) - clients) };
  });
  const delay = switches ? 0 : strategy.initialDelaySeconds;
  // One pod after the other, each gone before the wait for the next one begins.
  const cutting = cut.length * strategy.waitTakeover + Math.max(0, cut.length - 1) * FIRST_REMOVAL;
  return Math.round(estimate(loads, strategy) - delay) + cutting + SWITCH;
}

/** Kubernetes goes on to the next pod when the last one is Ready. */
function rollingParts(pods: number, record: RolloutRecord): Parts {
  const last = record.history.find(({ kind, phase }) => kind === "rolling" && phase === "Done");
  const seconds = last?.phases.reduce((sum, phase) => sum + (phase.seconds ?? 0), 0);
  return {
    start: Math.round(seconds || pods * (FIRST_START + FIRST_REMOVAL)),
    drain: 0,
    removal: 0,
    measured: !!seconds,
  };
}
