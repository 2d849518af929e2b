/** `check` for EMQX 4.4: the rollout's inputs are turned back into the user's arguments and judged. */
import type { RolloutInputs } from "../rollout/inputs";
import { isObject, type Problem } from "../shape";
import { omit } from "./omit";
import { validateEnterprise } from "./validate";

/** Arguments that `EmqxEnterprise` shares with `EmqxCluster`. */
const SHARED = [
  "name",
  "namespace",
  "clusterDomain",
  "updateStrategy",
  "persistentVolumeClaimRetentionPolicy",
  "kubeconfig",
  "context",
] as const;

export function validateEnterpriseInputs(inputs: RolloutInputs): Problem[] {
  const { license, ...given } = inputs.enterprise ?? {};
  const shared = SHARED.filter((key) => inputs[key] !== undefined).map((key) => [key, inputs[key]]);
  return validateEnterprise({
    ...Object.fromEntries(shared),
    ...omit(given, "licenseDigest", "passwordDigest"),
    // The key in the Secret is found out, not given.
    ...(isObject(license) && { license: { secretName: license.secretName } }),
  });
}
