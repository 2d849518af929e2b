/**
 * The fields that shape a pod, by the paths that the user knows: what a revision is a hash of. What
 * a version of the hash covers is frozen.
 */
import { splitConfig } from "../config-roots";
import { enterprisePodFields } from "../enterprise/pod-fields";
import { canonical } from "./canonical";
import { templateOf, type RolloutInputs } from "./inputs";
import type { Role } from "./types";

export type PodFields = Record<string, unknown>;

/** Version 1 of the hash: everything that shapes a core, settings that EMQX takes live included. */
export function podFields(inputs: RolloutInputs): PodFields {
  const fields: PodFields = {
    image: inputs.image,
    imagePullPolicy: inputs.imagePullPolicy,
    imagePullSecrets: inputs.imagePullSecrets,
    serviceAccountName: inputs.serviceAccountName,
    clusterDomain: inputs.clusterDomain,
    license: inputs.licenseDigest,
    bootstrapAPIKeys: inputs.apiKeysDigest,
    "config.data": inputs.config?.data,
    "coreTemplate.metadata.labels": inputs.coreTemplate?.metadata?.labels,
    "coreTemplate.metadata.annotations": inputs.coreTemplate?.metadata?.annotations,
    "persistentVolumeClaimRetentionPolicy.whenDeleted":
      inputs.persistentVolumeClaimRetentionPolicy?.whenDeleted,
    "persistentVolumeClaimRetentionPolicy.whenScaled":
      inputs.persistentVolumeClaimRetentionPolicy?.whenScaled,
  };
  for (const [root, value] of Object.entries(inputs.config?.roots ?? {})) {
    fields[`config.roots.${root}`] = value;
  }
  for (const [key, value] of Object.entries(inputs.coreTemplate?.spec ?? {})) {
    if (key === "replicas" || key === "minAvailable" || key === "maxUnavailable") continue;
    fields[`coreTemplate.spec.${key === "toleRations" ? "tolerations" : key}`] = value;
  }
  return withoutDefaults(inputs, fields);
}

function defaultsOf(inputs: RolloutInputs): PodFields {
  return {
    imagePullPolicy: /(:latest|\/[^:@]*|^[^:@/]*)$/.test(inputs.image) ? "Always" : "IfNotPresent",
    serviceAccountName: inputs.name,
    clusterDomain: "cluster.local",
    "persistentVolumeClaimRetentionPolicy.whenDeleted": "Delete",
    "persistentVolumeClaimRetentionPolicy.whenScaled": "Delete",
    "coreTemplate.spec.terminationGracePeriodSeconds": 60,
    "replicantTemplate.spec.terminationGracePeriodSeconds": 60,
  };
}

/** Version 2 for cores: without what running nodes take, `license` and the hot roots. */
export function coreFields(inputs: RolloutInputs): PodFields {
  if (inputs.enterprise) return withoutDefaults(inputs, enterprisePodFields(inputs));
  const retention = inputs.persistentVolumeClaimRetentionPolicy;
  return withoutDefaults(inputs, {
    ...sharedFields(inputs),
    ...templateFields(inputs, "core"),
    "persistentVolumeClaimRetentionPolicy.whenDeleted": retention?.whenDeleted,
    "persistentVolumeClaimRetentionPolicy.whenScaled": retention?.whenScaled,
  });
}

/** Version 2 for replicants. */
export function replicantFields(inputs: RolloutInputs): PodFields {
  return withoutDefaults(inputs, {
    ...sharedFields(inputs),
    ...templateFields(inputs, "replicant"),
  });
}

function sharedFields(inputs: RolloutInputs): PodFields {
  return {
    image: inputs.image,
    imagePullPolicy: inputs.imagePullPolicy,
    imagePullSecrets: inputs.imagePullSecrets,
    serviceAccountName: inputs.serviceAccountName,
    clusterDomain: inputs.clusterDomain,
    bootstrapAPIKeys: inputs.apiKeysDigest,
    ...splitConfig(inputs.config, inputs.image).restart,
  };
}

/** Not part of the pod. */
const COUNTS = new Set(["replicas", "minAvailable", "maxUnavailable"]);

function templateFields(inputs: RolloutInputs, role: Role): PodFields {
  const { metadata, spec = {} } = templateOf(inputs, role);
  const template = `${role}Template`;
  const fields: PodFields = {
    [`${template}.metadata.labels`]: metadata?.labels,
    [`${template}.metadata.annotations`]: metadata?.annotations,
  };
  for (const [key, value] of Object.entries(spec)) {
    if (COUNTS.has(key)) continue;
    fields[`${template}.spec.${key === "toleRations" ? "tolerations" : key}`] = value;
  }
  return fields;
}

/** A default written out is left out, as is what was not set. */
function withoutDefaults(inputs: RolloutInputs, fields: PodFields): PodFields {
  const defaults = defaultsOf(inputs);
  return Object.fromEntries(
    Object.entries(fields).filter(([path, value]) => {
      const text = canonical(value);
      return text !== "null" && text !== canonical(defaults[path]) && value !== "";
    }),
  );
}
