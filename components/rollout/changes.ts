/** Which field changed since the last success, and what it causes. Pure; shows no value that could be a secret. */
import { effectOf, splitConfig, takesConfigLive } from "../config-roots";
import { pathProblem } from "../upgrade-path";
import { canonical } from "./canonical";
import { desiredOf } from "./desired";
import { configReason, podEffect, rootOf, type Effect } from "./effects";
import { hotChanges, hotKeysOf, type HotKeys } from "./hot-keys";
import type { RolloutInputs, ServiceIdentity } from "./inputs";
import { fingerprintOf } from "./revision";
import type { Strategy } from "./types";

export interface Change {
  /** Path as the user writes it. */
  path: string;
  effect: Effect;
  /** Old and new value, only of fields that cannot hold a secret. */
  from?: string;
  to?: string;
  /** What else is to be known. */
  why?: string;
}

/** What the last success applied; kept in the outputs. */
export interface Applied {
  hashVersion: number;
  image: string;
  imagePullPolicy?: string;
  replicas: number;
  /** Absent in states of older packages: none. */
  replicants?: number;
  ignoreReplicas?: boolean;
  strategy: Strategy;
  /** Digest of each field that shapes pods of either role. */
  fingerprint: Record<string, string>;
  /** Hot settings; absent when there is no telling them apart, and in states of older packages. */
  hot?: HotKeys;
  /** Digest of the licence that is put into force through the API. */
  license?: string;
  /** EMQX 4.4: `rolling` without `blueGreenUpdate`. */
  enterprise?: { rolling: boolean };
  services?: { listeners?: ServiceIdentity; dashboard?: ServiceIdentity };
  revisionHistoryLimit?: number;
  configMode?: string;
}

/** The part of the inputs that later changes are told against. */
export function appliedOf(inputs: RolloutInputs, hashVersion: number): Applied {
  const { replicas, replicants, strategy, rolling } = desiredOf(inputs, []);
  return {
    hashVersion,
    image: inputs.image,
    imagePullPolicy: inputs.imagePullPolicy,
    replicas,
    replicants: replicants?.replicas ?? 0,
    ignoreReplicas: inputs.replicantTemplate?.ignoreReplicas,
    strategy,
    fingerprint: fingerprintOf(inputs, hashVersion),
    hot: hotKeysOf(inputs),
    license: inputs.licenseDigest,
    enterprise: inputs.enterprise && { rolling: rolling !== undefined },
    services: inputs.services,
    revisionHistoryLimit: inputs.revisionHistoryLimit,
    configMode: inputs.config?.mode,
  };
}

const EVACUATION = new Set(["connEvictRate", "sessEvictRate", "waitTakeover", "waitHealthCheck"]);

/** One entry per changed field, pods first. */
export function changesSince(applied: Applied, inputs: RolloutInputs): Change[] {
  const next = appliedOf(inputs, applied.hashVersion);
  const template = inputs.enterprise ? "" : "coreTemplate.spec.";
  return [
    ...podChanges(applied, next, inputs),
    ...shown(`${template}replicas`, "scale", applied.replicas, next.replicas),
    ...replicantChanges(applied, next),
    // The first version of the hash counted these among the fields that shape pods.
    ...(applied.hashVersion > 1 ? liveChanges(applied, next, inputs) : []),
    ...strategyChanges(applied.strategy, next),
    ...serviceChanges(applied, next),
    ...shown("config.mode", "nothing", applied.configMode, next.configMode),
    ...shown(
      "revisionHistoryLimit",
      "nothing",
      applied.revisionHistoryLimit,
      next.revisionHistoryLimit,
    ),
  ];
}

function podChanges(before: Applied, after: Applied, inputs: RolloutInputs): Change[] {
  const bothRoles = hasReplicants(before) && hasReplicants(after);
  const rolling = !!before.enterprise?.rolling && !!after.enterprise?.rolling;
  const paths = new Set([...Object.keys(before.fingerprint), ...Object.keys(after.fingerprint)]);
  const changed = [...paths]
    .filter((path) => before.fingerprint[path] !== after.fingerprint[path])
    // Replicants that come or go are a matter of their number.
    .filter((path) => bothRoles || !path.startsWith("replicantTemplate."))
    .filter((path) => !isMoved(path, before, after))
    .sort()
    .map((path): Change => {
      const effect = podEffect(path, { bothRoles, rolling });
      const values = (from = "(default)", to = "(default)") => ({ path, effect, from, to });
      if (path === "image" || path.endsWith("emqxContainer.image")) {
        const why = pathProblem(before.image, after.image);
        return { ...values(before.image, after.image), ...(why && { why }) };
      }
      if (path === "imagePullPolicy") return values(before.imagePullPolicy, after.imagePullPolicy);
      const why = path === "config.data" ? wholeReason(inputs) : reasonOf(path, after);
      return { path, effect, ...(why && { why }) };
    });
  if (before.enterprise?.rolling === after.enterprise?.rolling) return changed;
  const way = ({ enterprise }: Applied) => (enterprise?.rolling ? "(not set)" : "(set)");
  return [...changed, ...shown("blueGreenUpdate", "blue-green", way(before), way(after))];
}

/** Hot roots leave or join the pods' fields with a release that takes them live; they did not change. */
const isMoved = (path: string, before: Applied, after: Applied): boolean =>
  effectOf(rootOf(path) ?? "node") === "hot" &&
  rootOf(path) !== "data" &&
  takesConfigLive(before.image) !== takesConfigLive(after.image);

/** The first version of the hash had all of the configuration in it, for no reason of EMQX's. */
const reasonOf = (path: string, { hashVersion }: Applied): string | undefined =>
  hashVersion === 1 ? undefined : configReason(path);

function wholeReason(inputs: RolloutInputs): string | undefined {
  const { whole } = splitConfig(inputs.config);
  return whole && `it cannot be told apart by root: ${whole}`;
}

const hasReplicants = ({ replicants }: Applied): boolean => (replicants ?? 0) > 0;

function replicantChanges(before: Applied, after: Applied): Change[] {
  const [from, to] = [before.replicants ?? 0, after.replicants ?? 0];
  const free = after.ignoreReplicas && from > 0 && to > 0;
  const number = shown("replicantTemplate.spec.replicas", free ? "nothing" : "scale", from, to);
  return [
    ...number.map((change) =>
      free ? { ...change, why: "ignoreReplicas: an autoscaler owns the number" } : change,
    ),
    ...shown(
      "replicantTemplate.ignoreReplicas",
      "settings",
      before.ignoreReplicas ?? false,
      after.ignoreReplicas ?? false,
    ),
  ];
}

/** What running nodes take through EMQX's API. */
function liveChanges(before: Applied, after: Applied, inputs: RolloutInputs): Change[] {
  const changes = hotChanges(before.hot, after.hot, inputs.config);
  if (before.license === after.license) return changes;
  const gone = after.license === undefined;
  const change: Change = { path: "license", effect: gone ? "nothing" : "license" };
  return [...changes, gone ? { ...change, why: "EMQX keeps the last licence" } : change];
}

function strategyChanges(before: Strategy, { strategy: after, enterprise }: Applied): Change[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Strategy>;
  return [...keys].sort().flatMap((key) => {
    const own = enterprise && (EVACUATION.has(key) || key === "initialDelaySeconds");
    const group = own ? "blueGreenUpdate" : "updateStrategy";
    const path = EVACUATION.has(key) ? `${group}.evacuationStrategy.${key}` : `${group}.${key}`;
    return shown(path, "settings", before[key], after[key]);
  });
}

/** A field whose values may be seen, if they differ. */
export function shown(path: string, effect: Effect, from: unknown, to: unknown): Change[] {
  if (from === to) return [];
  return [{ path, effect, from: String(from ?? "(default)"), to: String(to ?? "(default)") }];
}

/** A Service that was replaced or updated gets its selector again; absent values decide nothing. */
function serviceChanges(before: Applied, after: Applied): Change[] {
  return (["listeners", "dashboard"] as const).flatMap((service): Change[] => {
    const next = after.services?.[service];
    if (!next?.uid && !next?.resourceVersion) return [];
    if (canonical(before.services?.[service]) === canonical(next)) return [];
    return [{ path: `services.${service}`, effect: "settings" }];
  });
}
