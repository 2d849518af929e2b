/** The goal by role: which set is the target, which of its nodes stay and which are too many. Pure. */
import { isEvacuating } from "./drain";
import { readGoal } from "./goal";
import type {
  Desired,
  NodeObservation,
  Observation,
  Role,
  SetObservation,
  Settings,
} from "./types";

/** One role's part of the goal. */
export interface Side {
  role: Role;
  revision: string;
  /** Nodes wanted. */
  replicas: number;
  target: SetObservation | undefined;
  /** Nodes of the target. */
  green: NodeObservation[];
  /** Those that stay. */
  staying: NodeObservation[];
  /** Those that are too many, in the order of their drain. */
  surplus: NodeObservation[];
}

/** Cores first, then replicants if the goal has any. `before`: the numbers to go back to, after an abort. */
export function sidesOf(
  goal: string,
  desired: Desired,
  observation: Observation,
  before: Partial<Record<Role, number>> = {},
): Side[] {
  const { core, replicant } = readGoal(goal);
  const cores = sideOf("core", core, () => before.core || desired.replicas, observation);
  if (replicant === undefined) return [cores];
  const replicas = (target?: SetObservation): number => {
    if (!before.replicant) return replicantsWanted(desired, observation, target);
    if (!desired.replicants?.ignoreReplicas) return before.replicant;
    return Math.max(before.replicant, target?.replicas ?? 0);
  };
  return [cores, sideOf("replicant", replicant, replicas, observation)];
}

/** Whether a set's nodes have other settings than wanted; no digest on either side means that nothing is set. */
export function lacks(set: SetObservation, desired: Desired, what: keyof Settings): boolean {
  return desired.settings !== undefined && set.settings?.[what] !== desired.settings[what];
}

/** Nodes of a set: cores from the top, since a StatefulSet shrinks from there, replicants by name. */
export function nodesOf(observation: Observation, set: SetObservation): NodeObservation[] {
  return observation.nodes
    .filter((node) => node.role === set.role && node.revision === set.revision)
    .sort((a, b) => b.ordinal - a.ordinal || a.pod.localeCompare(b.pod));
}

function sideOf(
  role: Role,
  revision: string,
  wanted: (target?: SetObservation) => number,
  observation: Observation,
): Side {
  const target = observation.sets.find(
    (set) => set.role === role && set.revision === revision && !set.deleting,
  );
  const replicas = wanted(target);
  const green = target ? nodesOf(observation, target) : [];
  const surplus =
    role === "core" ? green.filter((node) => node.ordinal >= replicas) : spare(green, replicas);
  const staying = green.filter((node) => !node.terminating && !surplus.includes(node));
  return { role, revision, replicas, target, green, staying, surplus };
}

/**
 * An autoscaler's number is taken from the sets that there are, the largest while several share the
 * clients, and from the arguments where there is none yet.
 */
function replicantsWanted(
  { replicants }: Desired,
  { sets }: Observation,
  target?: SetObservation,
): number {
  const others = sets.filter((set) => set.role === "replicant").map((set) => set.replicas);
  if (!replicants) return Math.max(1, target?.replicas ?? 0);
  if (!replicants.ignoreReplicas) return replicants.replicas;
  return Math.max(1, target ? 0 : replicants.replicas, ...others);
}

/**
 * Replicants have no order, so the ones that leave are chosen so that the next look chooses them
 * again: who is on the way out, then who evacuates, then who is not Ready, then the last by name.
 */
function spare(nodes: NodeObservation[], replicas: number): NodeObservation[] {
  const ending = nodes.filter((node) => node.terminating);
  const alive = nodes.filter((node) => !node.terminating);
  const rank = (node: NodeObservation): number => {
    if (isEvacuating(node)) return 0;
    return node.ready ? 2 : 1;
  };
  const chosen = alive
    .sort((a, b) => rank(a) - rank(b) || b.pod.localeCompare(a.pod))
    .slice(0, Math.max(0, alive.length - replicas));
  return [...ending, ...chosen];
}
