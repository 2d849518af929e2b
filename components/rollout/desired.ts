import { enterpriseDesired } from "../enterprise/site";
import { releaseOf } from "../release";
import { replicantsOf, replicasOf, strategyOf, type RolloutInputs } from "./inputs";
import { chooseRevision, replicantRevisionOf } from "./revision";
import { hotSettingsOf } from "./settings";
import type { Desired } from "./types";

export interface Aim {
  desired: Desired;
  /** Version of the hash that the core revision was made with. */
  hashVersion: number;
}

/** The goal that these inputs describe, given the goals (`goal.ts`) that are or were aimed at. */
export function aimOf(inputs: RolloutInputs, existing: (string | null | undefined)[]): Aim {
  const { revision, hashVersion } = chooseRevision(inputs, existing);
  if (inputs.enterprise) return { desired: enterpriseDesired(inputs, revision), hashVersion };
  const replicants = replicantsOf(inputs);
  const desired: Desired = {
    revision,
    replicas: replicasOf(inputs),
    image: inputs.image,
    strategy: strategyOf(inputs),
  };
  // An older package's revisions cover every setting, so a set that has one of them needs no more.
  if (hashVersion >= 2) desired.settings = hotSettingsOf(inputs).digests;
  if (replicants > 0) {
    desired.replicants = {
      revision: replicantRevisionOf(inputs),
      replicas: replicants,
      ignoreReplicas: inputs.replicantTemplate?.ignoreReplicas === true,
    };
  }
  const { major, minor } = releaseOf(inputs.image);
  if (major === 5 && minor === 0) desired.evictsAtOnce = true;
  if (inputs.licenseFacts) desired.license = inputs.licenseFacts;
  return { desired, hashVersion };
}

export const desiredOf = (
  inputs: RolloutInputs,
  existing: (string | null | undefined)[],
): Desired => aimOf(inputs, existing).desired;
