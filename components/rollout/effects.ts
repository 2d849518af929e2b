/** What a changed field causes. */
import { restartReason } from "../config-roots";

export type Effect =
  /** Every pod is exchanged. */
  | "blue-green"
  /** Only the pods of one role are. */
  | "cores"
  | "replicants"
  /** EMQX 4.4 without `blueGreenUpdate`. */
  | "rolling"
  | "scale"
  /** Through EMQX's API, without a new pod. */
  | "hot"
  | "license"
  /** Of the rollout itself. */
  | "settings"
  | "nothing";

export const CAUSES: Record<Effect, string> = {
  "blue-green": "blue-green: every pod is exchanged",
  cores: "blue-green: only the cores are exchanged",
  replicants: "blue-green: only the replicants are exchanged",
  rolling: "rolling: every pod is renewed in place, one by one",
  scale: "scale in place",
  hot: "hot: through EMQX's API, no new pod",
  license: "through EMQX's API, no new pod",
  settings: "settings only: no pod is touched",
  nothing: "without effect",
};

/** Effects after which the cluster itself looks otherwise. */
export const touchesPods = (effect: Effect): boolean =>
  ["blue-green", "cores", "replicants", "rolling", "scale"].includes(effect);

/** Effect of a field that shapes pods, by its path. */
export function podEffect(
  path: string,
  { bothRoles, rolling }: { bothRoles: boolean; rolling: boolean },
): Effect {
  if (rolling) return "rolling";
  if (!bothRoles) return "blue-green";
  if (path.startsWith("replicantTemplate.")) return "replicants";
  return /^(coreTemplate|persistentVolumeClaimRetentionPolicy)\./.test(path)
    ? "cores"
    : "blue-green";
}

/** Root of the configuration that a path is about; undefined for other fields. */
export const rootOf = (path: string): string | undefined =>
  /^config\.(?:roots\.)?([^.]+)$/.exec(path)?.[1];

/** Why a part of the configuration needs new pods; undefined for other fields. */
export function configReason(path: string): string | undefined {
  const root = rootOf(path);
  if (root === undefined) return undefined;
  return restartReason(root) ?? "EMQX before 5.1.1 reads it when a node starts";
}
