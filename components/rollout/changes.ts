/** Which field changed since the last success, and what it causes. Pure; shows no value that could be a secret. */
import { canonical } from "./canonical";
import { replicasOf, strategyOf, type RolloutInputs, type ServiceIdentity } from "./inputs";
import { fingerprintOf } from "./revision";
import type { Strategy } from "./types";

export type Effect = "blue-green" | "scale" | "settings" | "nothing";

export interface Change {
  /** Path as the user writes it. */
  path: string;
  effect: Effect;
  /** Old and new value, only of fields that cannot hold a secret. */
  from?: string;
  to?: string;
}

/** What the last success applied; kept in the outputs. */
export interface Applied {
  hashVersion: number;
  image: string;
  imagePullPolicy?: string;
  replicas: number;
  strategy: Strategy;
  fingerprint: Record<string, string>;
  services?: { listeners?: ServiceIdentity; dashboard?: ServiceIdentity };
  revisionHistoryLimit?: number;
  configMode?: string;
}

/** The part of the inputs that later changes are told against. */
export function appliedOf(inputs: RolloutInputs, hashVersion: number): Applied {
  return {
    hashVersion,
    image: inputs.image,
    imagePullPolicy: inputs.imagePullPolicy,
    replicas: replicasOf(inputs),
    strategy: strategyOf(inputs),
    fingerprint: fingerprintOf(inputs, hashVersion),
    services: inputs.services,
    revisionHistoryLimit: inputs.revisionHistoryLimit,
    configMode: inputs.config?.mode,
  };
}

const EVACUATION = new Set(["connEvictRate", "sessEvictRate", "waitTakeover", "waitHealthCheck"]);

/** One entry per changed field, pods first. */
export function changesSince(applied: Applied, inputs: RolloutInputs): Change[] {
  const next = appliedOf(inputs, applied.hashVersion);
  return [
    ...podChanges(applied, next),
    ...shown("coreTemplate.spec.replicas", "scale", applied.replicas, next.replicas),
    ...strategyChanges(applied.strategy, next.strategy),
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

function podChanges(before: Applied, after: Applied): Change[] {
  const paths = new Set([...Object.keys(before.fingerprint), ...Object.keys(after.fingerprint)]);
  return [...paths]
    .filter((path) => before.fingerprint[path] !== after.fingerprint[path])
    .sort()
    .map((path): Change => {
      const values = (from?: string, to?: string) => ({
        path,
        effect: "blue-green" as const,
        from: from ?? "(default)",
        to: to ?? "(default)",
      });
      if (path === "image") return values(before.image, after.image);
      if (path === "imagePullPolicy") return values(before.imagePullPolicy, after.imagePullPolicy);
      return { path, effect: "blue-green" };
    });
}

function strategyChanges(before: Strategy, after: Strategy): Change[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Strategy>;
  return [...keys].sort().flatMap((key) => {
    const group = EVACUATION.has(key) ? "updateStrategy.evacuationStrategy" : "updateStrategy";
    return shown(`${group}.${key}`, "settings", before[key], after[key]);
  });
}

function shown(path: string, effect: Effect, from: unknown, to: unknown): Change[] {
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
