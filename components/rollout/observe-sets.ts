/** StatefulSets, Deployments and their ConfigMaps as the rules see them. */
import type { ConfigMap, Metadata, Pod, Workload } from "../kubernetes/shapes";
import {
  CONFIG_DIGEST_ANNOTATION,
  CONTENT_DIGEST_ANNOTATION,
  LICENSE_DIGEST_ANNOTATION,
  names,
  REVISION_LABEL,
  TEMPLATE_ANNOTATION,
} from "../labels";
import { emqxContainer } from "./emqx-container";
import { contentDigest } from "./settings";
import type { Observation, Role, SetObservation, Settings } from "./types";

/** In place of a digest: no declared configuration has these, so the declared one is written again. */
const EDITED = "edited";
const MISSING = "missing";

/** Sets of older packages and of EMQX 4.4 may lack the label: they are cores. */
export const roleOf = ({ labels }: Metadata): Role =>
  labels?.["app.kubernetes.io/component"] === "replicant" ? "replicant" : "core";

export const revisionOf = ({ labels }: Metadata): string | undefined => labels?.[REVISION_LABEL];

export const templateOf = ({ annotations }: Metadata) => {
  const template = annotations?.[TEMPLATE_ANNOTATION];
  return template === undefined ? {} : { template };
};

/** Whether the pod will ever be gone by itself: a ReplicaSet leaves pods that ended, and makes new ones. */
export const isLeftover = (pod: Pod): boolean =>
  roleOf(pod.metadata) === "replicant" && ["Failed", "Succeeded"].includes(pod.status?.phase ?? "");

export interface Found {
  /** Logical name of the cluster. */
  cluster: string;
  statefulSets: Workload[];
  deployments: Workload[];
  configMaps: ConfigMap[];
  pods: Pod[];
}

/** A role belongs to a kind: the label alone could be on a Deployment of somebody else. */
export function setsOf(found: Found): SetObservation[] {
  return [
    ...found.statefulSets.filter(({ metadata }) => roleOf(metadata) === "core"),
    ...found.deployments.filter(({ metadata }) => roleOf(metadata) === "replicant"),
  ].flatMap((set) => toSet(set, found));
}

/** Colours of which only the ConfigMap is left: somebody deleted the set, or a run was killed while it did. */
export function ownerlessOf(found: Found): NonNullable<Observation["ownerless"]> {
  const { cluster, configMaps, ...owners } = found;
  const owned = new Set(
    Object.values(owners).flatMap((objects) => objects.map(({ metadata }) => revisionOf(metadata))),
  );
  return configMaps.flatMap(({ metadata }) => {
    const revision = revisionOf(metadata);
    if (!revision || owned.has(revision)) return [];
    if (metadata.name !== names.config(cluster, revision)) return [];
    const role = roleOf(metadata);
    const nameOf = role === "core" ? names.coreSet : names.replicantSet;
    return [{ role, set: nameOf(cluster, revision), revision }];
  });
}

function toSet({ metadata, spec }: Workload, { cluster, configMaps, pods }: Found) {
  const revision = revisionOf(metadata);
  if (!revision) return [];
  const role = roleOf(metadata);
  const image = emqxContainer(spec?.template?.spec?.containers)?.image ?? "";
  const isOurs = (pod: Pod) =>
    roleOf(pod.metadata) === role && revisionOf(pod.metadata) === revision;
  const set: SetObservation = {
    role,
    name: metadata.name,
    revision,
    replicas: spec?.replicas ?? 1,
    pods: pods.filter(isOurs).length,
    image,
    createdAt: Date.parse(metadata.creationTimestamp ?? "") || 0,
    deleting: metadata.deletionTimestamp !== undefined,
    settings: settingsOf(configMaps, names.config(cluster, revision)),
    ...templateOf(metadata),
  };
  return [set];
}

function settingsOf(configMaps: ConfigMap[], name: string): Settings {
  const map = configMaps.find(({ metadata }) => metadata.name === name);
  if (!map) return { config: MISSING };
  const { annotations } = map.metadata;
  const written = annotations?.[CONTENT_DIGEST_ANNOTATION];
  const edited = written !== undefined && written !== contentDigest(map.data ?? {});
  const config = edited ? EDITED : annotations?.[CONFIG_DIGEST_ANNOTATION];
  const license = annotations?.[LICENSE_DIGEST_ANNOTATION];
  return { ...(config && { config }), ...(license && { license }) };
}
