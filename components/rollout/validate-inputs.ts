/** `check`: the resolved arguments are judged by the rules of the component. */
import type { Problem } from "../shape";
import { validateCluster } from "../validate";
import type { RolloutInputs } from "./inputs";

/** Inputs that the component adds to the user's arguments. */
const OURS = ["licenseDigest", "apiKeysDigest", "services", "__urn", "__provider"];
/** Outputs that the resource class declares, present as nulls. */
const DECLARED = ["currentRevision", "phase", "status", "lastRollout"];

export function validateRollout(inputs: RolloutInputs): Problem[] {
  const skip = new Set([...OURS, ...DECLARED]);
  return validateCluster(
    Object.fromEntries(Object.entries(inputs).filter(([key]) => !skip.has(key))),
  );
}
