/**
 * A revision is a short hash over the user's inputs that shape the pod, never over generated
 * objects, so that a new release of this package, of its defaults or of Kubernetes' types does
 * not start an upgrade. What a version of the hash covers is frozen: to change it, add a version.
 */
import { createHash } from "node:crypto";
import { canonical } from "./canonical";
import { readGoal } from "./goal";
import type { RolloutInputs } from "./inputs";
import { coreFields, podFields, replicantFields, type PodFields } from "./pod-fields";

/** The version that new revisions are made with. */
export const HASH_VERSION = 2;

/** Without vowels and look-alikes, as Kubernetes' own suffixes. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const LENGTH = 8;

const VERSIONS: { version: number; fields: (inputs: RolloutInputs) => PodFields }[] = [
  { version: 1, fields: podFields },
  { version: 2, fields: coreFields },
];

export interface Revision {
  revision: string;
  hashVersion: number;
}

/** The core revision of these inputs by every version of the hash, newest first. */
export function revisionsOf(inputs: RolloutInputs): Revision[] {
  return VERSIONS.map(({ version, fields }) => ({
    revision: short(canonical(fields(inputs))),
    hashVersion: version,
  })).sort((a, b) => b.hashVersion - a.hashVersion);
}

/**
 * The core revision to aim at: one that a goal (`goal.ts`) names already, if any version of the
 * hash gives it, else the newest version's.
 */
export function chooseRevision(
  inputs: RolloutInputs,
  goals: (string | null | undefined)[],
): Revision {
  const candidates = revisionsOf(inputs);
  const existing = goals.map((goal) => (goal == null ? undefined : readGoal(goal).core));
  const known = candidates.find(({ revision }) => existing.includes(revision));
  const chosen = known ?? candidates[0];
  if (!chosen) throw new Error("unreachable: there is always a version of the hash");
  return chosen;
}

/** The revision of the replicants; the salt keeps it apart from every core revision. */
export function replicantRevisionOf(inputs: RolloutInputs): string {
  return short(`replicant ${canonical(replicantFields(inputs))}`);
}

/** Digest of each field that shapes a pod of either role, to tell later which of them changed. */
export function fingerprintOf(inputs: RolloutInputs, hashVersion: number): Record<string, string> {
  const version = VERSIONS.find((each) => each.version === hashVersion);
  const replicants = inputs.replicantTemplate == null ? {} : replicantFields(inputs);
  const fields = { ...replicants, ...(version?.fields ?? coreFields)(inputs) };
  return Object.fromEntries(
    Object.entries(fields).map(([path, value]) => [path, short(`${path}=${canonical(value)}`)]),
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
