/** The record: ConfigMap `<name>-rollout`, key `record.json`. */
import type { ErrorCode } from "../errors";
import type { Role } from "./types";

export type Phase =
  | "Preflight"
  | "CreateGreen"
  | "WaitGreen"
  | "Gate"
  | "Promote"
  | "Evacuate"
  | "Retire"
  | "Done"
  | "Aborting"
  | "Held"
  | "Failed";

export interface PhaseTiming {
  name: Phase;
  /** ISO 8601, clock of the runner. */
  startedAt: string;
  seconds?: number;
}

export interface NodeFigures {
  node: string;
  connections: number;
  sessions: number;
  /** Evicted clients that had not come back when their sessions began to be moved. */
  away?: number;
}

/** Evacuation is held because evicted clients do not come back. */
export interface Away {
  /** Clients on the nodes that stay at which evacuation goes on. */
  until: number;
  /** ISO 8601, clock of the runner. */
  since: string;
  /** A person has said `resume`: those who stay away no longer hold this rollout. */
  ignored?: true;
}

export interface RolloutEntry {
  /** Unique per rollout: `<revision>-<n>`. */
  id: string;
  kind: "create" | "blue-green" | "rolling" | "scale" | "settings" | "none";
  /** Goal (`goal.ts`) that was served before, null on the first deployment. */
  from: string | null;
  /** Goal of this rollout: the core revision or, with replicants, `<core>/<replicant>`. */
  to: string;
  fromImage?: string;
  /** Nodes of `from` by role when the rollout began, to go back to. Absent in records of older packages. */
  before?: Partial<Record<Role, number>>;
  toImage: string;
  phase: Phase;
  /** Set by an abort: the rollout heads back to `from`. */
  aborting: boolean;
  startedAt: string;
  finishedAt?: string;
  phases: PhaseTiming[];
  /** What was on the leaving nodes when the drain began. */
  nodes: NodeFigures[];
  away?: Away;
  /** Highest evictions per second observed. */
  peakRate?: number;
  estimateSeconds?: number;
  /** Code and text of why it failed, was held or turned back. */
  failureCode?: ErrorCode;
  message?: string;
}

export interface RolloutRecord {
  schemaVersion: 1;
  /** Version of the hash that `active` was computed with (`revision.ts`), so that a new package never starts a rollout. */
  hashVersion: number;
  /** Goal that is served now, null before the first deployment succeeded. */
  active: string | null;
  /** The rollout under way, or the last one. */
  current: RolloutEntry | null;
  /** The last 10, newest first. */
  history: RolloutEntry[];
}
