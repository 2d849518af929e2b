/** Outputs of the rollout resource: plain JSON, no secret but the kubeconfig under its input's name. */
import { appliedOf, type Applied } from "./changes";
import { isServed, readGoal } from "./goal";
import { DEFAULT_GRACE_SECONDS, siteOf, templateOf, type RolloutInputs } from "./inputs";
import { messageOf, statusOf, type ClusterStatus } from "./status";
import type { TeardownOptions } from "./teardown";
import type { ConfigDrift, Observation, Phase, RolloutRecord, Site } from "./types";

export type { ClusterStatus, Condition, EvacuationStatus, NodeStatus } from "./status";

/** Version of the shape below; a resource of an older one is updated once. */
export const SCHEMA_VERSION = 1;

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
  /** The goal (`goal.ts`) that is served: the core revision or, with replicants, `<core>/<replicant>`. */
  currentRevision: string | null;
  /** Revision in the Service's selector, as last seen. */
  selects: string | null;
  phase: Phase | "Drifted";
  status: ClusterStatus;
  /** Settings that EMQX had otherwise than declared when it was last looked at; absent in old states. */
  configDrift?: ConfigDrift[];
  lastRollout: RolloutSummary | null;
}

export interface Seen {
  record: RolloutRecord;
  observation?: Observation;
  /** As EMQX words them (`global_status`); absent when it was not asked. */
  evacuations?: Record<string, unknown>[];
  /** Absent when EMQX was not asked. */
  drift?: ConfigDrift[];
}

/** A look that saw the cluster. */
export type Look = Seen & { observation: Observation };

/** Outputs after a success. */
export function outputsAfter(inputs: RolloutInputs, seen: Look): Outputs {
  const site = siteOf(inputs);
  return clean({
    ...identity(inputs, site),
    ...live(seen, "Done", site),
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
  const site = siteOf(inputs);
  return clean({
    ...identity(inputs, site),
    ...live(seen, phase === "Done" ? "Failed" : phase, site),
    applied,
  });
}

/** Outputs rebuilt from the cluster; anything that the next `pulumi up` should mend is a phase that is not `Done`. */
export function outputsOnRead(olds: Outputs, seen: Look): Outputs {
  return clean({ ...olds, ...live(seen, phaseSeen(olds, seen), olds.site) });
}

function phaseSeen(olds: Outputs, seen: Look): Outputs["phase"] {
  const current = seen.record.current?.phase;
  // A rollout that failed was undone: what the cluster shows decides, and what the user wants now.
  if (current !== undefined && current !== "Done" && current !== "Failed") return current;
  if (olds.phase !== "Done" && olds.phase !== "Drifted") return olds.phase;
  return isAsApplied(olds.applied, seen) && !seen.drift?.length ? "Done" : "Drifted";
}

/** Exactly the sets of the goal are there, as large as wanted, and the Services select them. */
function isAsApplied(applied: Applied | null, { record, observation }: Look): boolean {
  const { sets, service } = observation;
  if (record.active === null || applied === null) return false;
  const { core, replicant } = readGoal(record.active);
  const has = (role: "core" | "replicant", revision: string, replicas?: number) =>
    sets.some(
      (set) =>
        set.role === role &&
        set.revision === revision &&
        !set.deleting &&
        (replicas === undefined || set.replicas === replicas),
    );
  const replicants = applied.ignoreReplicas ? undefined : (applied.replicants ?? 0);
  return (
    sets.length === (replicant === undefined ? 1 : 2) &&
    has("core", core, applied.replicas) &&
    (replicant === undefined || has("replicant", replicant, replicants)) &&
    isServed(record.active, service)
  );
}

function identity(inputs: RolloutInputs, site: Site) {
  const { name, namespace, kubeconfig, context, __urn } = inputs;
  const graces = (["core", "replicant"] as const)
    .map((role) => templateOf(inputs, role).spec?.terminationGracePeriodSeconds)
    .filter((grace) => typeof grace === "number");
  const teardown: TeardownOptions = {
    deleteVolumes: inputs.persistentVolumeClaimRetentionPolicy?.whenDeleted !== "Retain",
    graceSeconds: graces.length > 0 ? Math.max(...graces) : DEFAULT_GRACE_SECONDS,
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

function live(seen: Seen, phase: Outputs["phase"], site: Site) {
  const { record, observation, drift = [] } = seen;
  return {
    phase,
    currentRevision: record.active,
    selects: observation?.service.selects ?? null,
    status: statusOf({ ...seen, phase, site }),
    configDrift: drift,
    lastRollout: summaryOf(record, observation),
  };
}

function summaryOf(record: RolloutRecord, observation?: Observation): RolloutSummary | null {
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
    message: record.current ? messageOf(record, observation) : entry.message,
  };
}

/** Protobuf knows no `undefined`, so Pulumi would fail after the work was done. */
const clean = (outputs: Outputs): Outputs => JSON.parse(JSON.stringify(outputs));
