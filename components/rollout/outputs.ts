/** Outputs of the rollout resource: plain JSON, no secret but the kubeconfig under its input's name. */
import { appliedOf, type Applied } from "./changes";
import { DEFAULT_GRACE_SECONDS, siteOf, type RolloutInputs } from "./inputs";
import type { TeardownOptions } from "./teardown";
import type { NodeObservation, Observation, Phase, RolloutRecord, Site } from "./types";

/** Version of the shape below; a resource of an older one is updated once. */
export const SCHEMA_VERSION = 1;

/** A node, with the operator's names (`EMQX.status.coreNodes`). */
export interface NodeStatus {
  node: string;
  node_status: "running" | "stopped" | "unknown";
  role: "core";
  version?: string;
  otp_release?: string;
  edition?: string;
  connections?: number;
  live_connections?: number;
}

export interface ClusterStatus {
  currentRevision: string | null;
  coreNodes: NodeStatus[];
  replicantNodes: NodeStatus[];
  nodeEvacuationsStatus: { node: string; state: string }[];
  conditions: { type: string; status: "True" | "False"; reason: string; message?: string }[];
}

export interface RolloutSummary {
  id: string;
  kind: string;
  from: string | null;
  to: string;
  verdict: "succeeded" | "failed" | "unfinished";
  phases: { name: string; seconds: number }[];
  startedAt: string;
  finishedAt?: string;
  peakRate?: number;
  estimateSeconds?: number;
  message?: string;
}

export interface Outputs {
  schemaVersion: number;
  name: string;
  namespace: string;
  site: Site;
  kubeconfig?: string;
  context?: string;
  __urn?: string;
  /** How a destroy proceeds, which knows outputs only. */
  teardown: TeardownOptions;
  /** What the last success applied, null before the first. */
  applied: Applied | null;
  currentRevision: string | null;
  /** Revision in the Service's selector, as last seen. */
  selects: string | null;
  phase: Phase | "Drifted";
  status: ClusterStatus;
  lastRollout: RolloutSummary | null;
}

export interface Seen {
  record: RolloutRecord;
  observation?: Observation;
}

/** Outputs after a success. */
export function outputsAfter(inputs: RolloutInputs, seen: Required<Seen>): Outputs {
  return clean({
    ...identity(inputs, siteOf(inputs)),
    ...live(seen, "Done"),
    applied: appliedOf(inputs, seen.record.hashVersion),
  });
}

/** Outputs after a failure: what was applied before stays, so that the next `pulumi up` goes on. */
export function outputsOnFailure(
  inputs: RolloutInputs,
  applied: Applied | null,
  seen: Seen,
): Outputs {
  const phase = seen.record.current?.phase ?? "Failed";
  return clean({
    ...identity(inputs, siteOf(inputs)),
    ...live(seen, phase === "Done" ? "Failed" : phase),
    applied,
  });
}

/** Outputs rebuilt from the cluster; anything that the next `pulumi up` should mend is a phase that is not `Done`. */
export function outputsOnRead(olds: Outputs, seen: Required<Seen>): Outputs {
  return clean({ ...olds, ...live(seen, phaseSeen(olds, seen)) });
}

function phaseSeen(olds: Outputs, { record, observation }: Required<Seen>): Outputs["phase"] {
  const current = record.current?.phase;
  // A rollout that failed was undone: what the cluster shows decides, and what the user wants now.
  if (current !== undefined && current !== "Done" && current !== "Failed") return current;
  if (olds.phase !== "Done" && olds.phase !== "Drifted") return olds.phase;
  const serving = observation.sets.find((set) => set.revision === record.active);
  const asApplied =
    serving !== undefined &&
    !serving.deleting &&
    serving.replicas === olds.applied?.replicas &&
    observation.sets.length === 1 &&
    observation.service.exists &&
    observation.service.selects === record.active;
  return asApplied ? "Done" : "Drifted";
}

function identity(inputs: RolloutInputs, site: Site) {
  const { name, namespace, kubeconfig, context, __urn } = inputs;
  const grace = inputs.coreTemplate?.spec?.terminationGracePeriodSeconds;
  const teardown: TeardownOptions = {
    deleteVolumes: inputs.persistentVolumeClaimRetentionPolicy?.whenDeleted !== "Retain",
    graceSeconds: typeof grace === "number" ? grace : DEFAULT_GRACE_SECONDS,
  };
  return {
    schemaVersion: SCHEMA_VERSION,
    name,
    namespace,
    site,
    kubeconfig,
    context,
    __urn,
    teardown,
  };
}

function live({ record, observation }: Seen, phase: Outputs["phase"]) {
  return {
    phase,
    currentRevision: record.active,
    selects: observation?.service.selects ?? null,
    status: statusOf(record, phase, observation),
    lastRollout: summaryOf(record),
  };
}

function statusOf(
  record: RolloutRecord,
  phase: Outputs["phase"],
  observation?: Observation,
): ClusterStatus {
  const nodes = observation?.nodes ?? [];
  const ready = nodes.filter((node) => node.revision === record.active && node.ready).length;
  const done = phase === "Done";
  return {
    currentRevision: record.active,
    coreNodes: nodes.map(nodeStatus),
    replicantNodes: [],
    nodeEvacuationsStatus: nodes.flatMap(({ node, evacuation }) =>
      evacuation && evacuation.state !== "disabled" && evacuation.state !== "unknown"
        ? [{ node, state: evacuation.state }]
        : [],
    ),
    conditions: [
      { type: "Available", status: ready > 0 ? "True" : "False", reason: `${ready} nodes ready` },
      {
        type: "Ready",
        status: done ? "True" : "False",
        reason: phase,
        message: done ? undefined : record.current?.message,
      },
    ],
  };
}

function nodeStatus(node: NodeObservation): NodeStatus {
  return {
    node: node.node,
    node_status: node.reachable ? "running" : "unknown",
    role: "core",
    version: node.version,
    otp_release: node.otpRelease,
    edition: node.edition,
    connections: node.connections,
    live_connections: node.liveConnections,
  };
}

function summaryOf(record: RolloutRecord): RolloutSummary | null {
  const entry = record.current ?? record.history[0];
  if (!entry) return null;
  const failed = entry.phase === "Failed" || entry.phase === "Held";
  return {
    id: entry.id,
    kind: entry.kind,
    from: entry.from,
    to: entry.to,
    verdict: entry.phase === "Done" ? "succeeded" : failed ? "failed" : "unfinished",
    phases: entry.phases.map(({ name, seconds }) => ({ name, seconds: seconds ?? 0 })),
    startedAt: entry.startedAt,
    finishedAt: entry.finishedAt,
    peakRate: entry.peakRate,
    estimateSeconds: entry.estimateSeconds,
    message: entry.message,
  };
}

/** Protobuf knows no `undefined`, so Pulumi would fail after the work was done. */
const clean = (outputs: Outputs): Outputs => JSON.parse(JSON.stringify(outputs));
