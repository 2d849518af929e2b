/** A goal in one word: the core revision or, with replicants, `<core>/<replicant>`. */
import type { Desired, Role, RolloutEntry, RolloutRecord, ServiceObservation } from "./types";

export interface Goal {
  core: string;
  replicant?: string;
}

export function goalOf({ revision, replicants }: Pick<Desired, "revision" | "replicants">): string {
  return replicants ? `${revision}/${replicants.revision}` : revision;
}

export function readGoal(goal: string): Goal {
  const [core = "", replicant] = goal.split("/");
  return replicant === undefined ? { core } : { core, replicant };
}

/** The rollout that a run takes up again where it was held: its way back is that of the new one. */
export function takenUp({ current }: RolloutRecord, goal: string): RolloutEntry | undefined {
  return current?.phase === "Held" && current.to === goal ? current : undefined;
}

/** Whether a set of that role and revision belongs to the goal. */
export function isIn(goal: string | null | undefined, role: Role, revision: string): boolean {
  return goal != null && readGoal(goal)[role] === revision;
}

/** Revision that the listeners Service selects once the goal is reached. */
export function servingRevision(goal: string): { role: Role; revision: string } {
  const { core, replicant } = readGoal(goal);
  return replicant === undefined
    ? { role: "core", revision: core }
    : { role: "replicant", revision: replicant };
}

/** Whether the Services lead to the goal's nodes; a dashboard Service that does not exist leads nowhere else. */
export function isServed(goal: string, service: ServiceObservation): boolean {
  const { core } = readGoal(goal);
  const { exists, selects, dashboardSelects = core } = service;
  return exists && selects === servingRevision(goal).revision && dashboardSelects === core;
}
