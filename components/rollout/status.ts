/** What the cluster looks like, in the operator's words (`EMQX.status`, `EmqxEnterprise.status`). */
import { CONTROL_ANNOTATION, names } from "../labels";
import { evacuationsIn, type EvacuationStatus } from "./evacuation-status";
import { isIn, readGoal, servingRevision } from "./goal";
import type {
  NodeObservation,
  Observation,
  Role,
  RolloutRecord,
  SetObservation,
  Site,
} from "./types";

export type { EvacuationStatus } from "./evacuation-status";

/** A node of EMQX 5 and later (`EMQX.status.coreNodes`). */
export interface NodeStatus {
  node: string;
  node_status: "running" | "stopped" | "unknown";
  role: Role;
  version?: string;
  otp_release?: string;
  edition?: string;
  connections?: number;
  live_connections?: number;
}

/** A node of EMQX 4.4 (`EmqxEnterprise.status.emqxNodes`). */
export interface EnterpriseNodeStatus {
  node: string;
  node_status: "Running" | "Unknown";
  otp_release?: string;
  version?: string;
}

export interface Condition {
  type: string;
  status: "True" | "False";
  reason: string;
  message?: string;
}

export interface ClusterStatus {
  /** The goal (`goal.ts`) that is served. */
  currentRevision: string | null;
  coreNodes: NodeStatus[];
  replicantNodes: NodeStatus[];
  nodeEvacuationsStatus: EvacuationStatus[];
  conditions: Condition[];
  /** EMQX 4.4 only. */
  emqxNodes?: EnterpriseNodeStatus[];
  /** EMQX 4.4 only, while a blue-green upgrade is under way. */
  blueGreenUpdateStatus?: {
    originStatefulSet?: string;
    currentStatefulSet?: string;
    startedAt: string;
    evacuationsStatus: EvacuationStatus[];
  };
}

export interface StatusFacts {
  record: RolloutRecord;
  observation?: Observation;
  evacuations?: Record<string, unknown>[];
  /** Phase of the outputs. */
  phase: string;
  site: Site;
}

export function statusOf(facts: StatusFacts): ClusterStatus {
  const { record, observation, site } = facts;
  const nodes = observation?.nodes ?? [];
  const evacuations = evacuationsIn(nodes, facts.evacuations);
  const status: ClusterStatus = {
    currentRevision: record.active,
    coreNodes: nodes.filter(({ role }) => role === "core").map(nodeStatus),
    replicantNodes: nodes.filter(({ role }) => role === "replicant").map(nodeStatus),
    nodeEvacuationsStatus: evacuations,
    conditions: conditionsOf(facts),
  };
  if (site.dialect !== "v4") return status;
  return {
    ...status,
    emqxNodes: nodes.map(enterpriseNode),
    blueGreenUpdateStatus: blueGreenStatus(facts, evacuations),
  };
}

function conditionsOf({ record, observation, phase }: StatusFacts): Condition[] {
  const nodes = observation?.nodes ?? [];
  const serving = record.active === null ? undefined : servingRevision(record.active);
  const ready = (role: Role, revision?: string) =>
    nodes.filter((node) => node.role === role && node.revision === revision && node.ready).length;
  const able = serving ? ready(serving.role, serving.revision) : 0;
  const done = phase === "Done";
  const condition = (
    type: string,
    holds: boolean,
    reason: string,
    message?: string,
  ): Condition => ({
    type,
    status: holds ? "True" : "False",
    reason,
    message,
  });
  const { core, replicant } = readGoal(record.active ?? "");
  const cores = ready("core", core);
  const replicants = ready("replicant", replicant);
  return [
    condition("Available", able > 0, `${able} nodes ready`),
    condition("Ready", done, phase, done ? undefined : messageOf(record, observation)),
    ...(replicant === undefined
      ? []
      : [
          condition("CoreNodesReady", cores > 0, `${cores} nodes ready`),
          condition("ReplicantNodesReady", replicants > 0, `${replicants} nodes ready`),
        ]),
  ];
}

/** Why a rollout is not over: what a person has ordered or has to, else what went wrong. */
export function messageOf(record: RolloutRecord, observation?: Observation): string | undefined {
  const { current } = record;
  if (current && current.finishedAt === undefined) {
    if (observation?.control === "pause") return `paused by annotation ${CONTROL_ANNOTATION}`;
    if (current.phase === "Gate") return `waits for annotation ${CONTROL_ANNOTATION}: promote`;
  }
  return current?.message;
}

function nodeStatus(node: NodeObservation): NodeStatus {
  return {
    node: node.node,
    node_status: node.reachable ? "running" : "unknown",
    role: node.role,
    version: node.version,
    otp_release: node.otpRelease,
    edition: node.edition,
    connections: node.connections,
    live_connections: node.liveConnections,
  };
}

const enterpriseNode = (node: NodeObservation): EnterpriseNodeStatus => ({
  node: node.node,
  node_status: node.reachable ? "Running" : "Unknown",
  otp_release: node.otpRelease,
  version: node.version,
});

function blueGreenStatus(
  { record, observation, site }: StatusFacts,
  evacuationsStatus: EvacuationStatus[],
): ClusterStatus["blueGreenUpdateStatus"] {
  const { current } = record;
  if (!current || current.finishedAt !== undefined || current.kind !== "blue-green") {
    return undefined;
  }
  const nameOf = (goal: string | null) => {
    const set = observation?.sets.find((each: SetObservation) =>
      isIn(goal, each.role, each.revision),
    );
    return set?.name ?? (goal === null ? undefined : names.enterpriseSet(site.name, goal));
  };
  return {
    originStatefulSet: nameOf(current.from),
    currentStatefulSet: nameOf(current.to),
    startedAt: current.startedAt,
    evacuationsStatus,
  };
}
