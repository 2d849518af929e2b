/**
 * A revision is a short hash over the user's inputs that shape the pod, never over generated
 * objects, so that a new release of this package, of its defaults or of Kubernetes' types does
 * not start an upgrade. What a version of the hash covers is frozen: to change it, add a version.
 */
import { createHash } from "node:crypto";
import { canonical } from "./canonical";
import type { RolloutInputs } from "./inputs";

/** The version that new revisions are made with. */
export const HASH_VERSION = 1;

/** Without vowels and look-alikes, as Kubernetes' own suffixes. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const LENGTH = 8;

export type PodFields = Record<string, unknown>;

/** Fields that shape the pod, by the path that the user knows; a default written out is left out. */
function podFields(inputs: RolloutInputs): PodFields {
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
  const defaults = defaultsOf(inputs);
  return Object.fromEntries(
    Object.entries(fields).filter(([path, value]) => {
      const text = canonical(value);
      return text !== "null" && text !== canonical(defaults[path]) && value !== "";
    }),
  );
}

function defaultsOf(inputs: RolloutInputs): PodFields {
  return {
    imagePullPolicy: /(:latest|\/[^:@]*|^[^:@/]*)$/.test(inputs.image) ? "Always" : "IfNotPresent",
    serviceAccountName: inputs.name,
    clusterDomain: "cluster.local",
    "persistentVolumeClaimRetentionPolicy.whenDeleted": "Delete",
    "persistentVolumeClaimRetentionPolicy.whenScaled": "Delete",
    "coreTemplate.spec.terminationGracePeriodSeconds": 60,
  };
}

const VERSIONS: { version: number; fields: (inputs: RolloutInputs) => PodFields }[] = [
  { version: 1, fields: podFields },
];

export interface Revision {
  revision: string;
  hashVersion: number;
}

/** The revision of these inputs by every version of the hash, newest first. */
export function revisionsOf(inputs: RolloutInputs): Revision[] {
  return VERSIONS.map(({ version, fields }) => ({
    revision: short(canonical(fields(inputs))),
    hashVersion: version,
  })).sort((a, b) => b.hashVersion - a.hashVersion);
}

/**
 * The revision to aim at: one that exists already, if any version of the hash gives it, else the
 * newest version's.
 */
export function chooseRevision(inputs: RolloutInputs, existing: (string | null | undefined)[]) {
  const candidates = revisionsOf(inputs);
  const known = candidates.find(({ revision }) => existing.includes(revision));
  const chosen = known ?? candidates[0];
  if (!chosen) throw new Error("unreachable: there is always a version of the hash");
  return chosen;
}

/** Digest of each field that shapes the pod, to tell later which of them changed. */
export function fingerprintOf(inputs: RolloutInputs, hashVersion: number): Record<string, string> {
  const version = VERSIONS.find((each) => each.version === hashVersion);
  return Object.fromEntries(
    Object.entries((version?.fields ?? podFields)(inputs)).map(([path, value]) => [
      path,
      short(`${path}=${canonical(value)}`),
    ]),
  );
}

function short(text: string): string {
  let number = createHash("sha256").update(text).digest().readBigUInt64BE();
  let result = "";
  for (let i = 0; i < LENGTH; i++) {
    result += ALPHABET[Number(number % BigInt(ALPHABET.length))];
    number /= BigInt(ALPHABET.length);
  }
  return result;
}
