/** `check`: the resolved arguments are judged by the rules of the component. */
import { validateEnterpriseInputs } from "../enterprise/validate-inputs";
import { licenseProblem } from "../license-rules";
import { isObject, type Problem } from "../shape";
import { hasUnknown } from "../unknown";
import { validateCluster } from "../validate";
import { replicantsOf, replicasOf, type RolloutInputs } from "./inputs";
import { revisionsOf } from "./revision";

/** Inputs that the component adds to the user's arguments. */
const OURS = ["licenseDigest", "licenseFacts", "apiKeysDigest", "services", "__urn", "__provider"];
/** Outputs that the resource class declares, present as nulls. */
const DECLARED = ["currentRevision", "phase", "status", "lastRollout", "configDrift"];

/** `olds` are the inputs of the last run, empty when there was none. */
export function validateRollout(inputs: RolloutInputs, olds: object = {}): Problem[] {
  if (inputs.enterprise) return validateEnterpriseInputs(inputs);
  const skip = new Set([...OURS, ...DECLARED]);
  const problems = validateCluster(
    Object.fromEntries(Object.entries(inputs).filter(([key]) => !skip.has(key))),
  );
  return problems.length > 0 ? problems : licenseProblems(inputs, olds);
}

function licenseProblems(inputs: RolloutInputs, olds: object): Problem[] {
  const { licenseFacts: facts } = inputs;
  if (!isObject(facts) || hasUnknown(facts)) return [];
  const nodes = replicasOf(inputs) + replicantsOf(inputs);
  if (!Number.isInteger(nodes)) return [];
  const reason = licenseProblem(facts, { nodes, upgrade: isUpgrade(inputs, olds) });
  return reason === undefined ? [] : [{ property: "license", reason }];
}

/** Whether other cores are wanted than last time; false while something is not known. */
function isUpgrade(inputs: RolloutInputs, olds: object): boolean {
  const { services: _, ...known } = inputs;
  if (!("image" in olds) || hasUnknown(known) || hasUnknown(olds)) return false;
  const before = olds as RolloutInputs;
  if (before.name !== inputs.name || before.namespace !== inputs.namespace) return false;
  const revisions = revisionsOf(before).map(({ revision }) => revision);
  return !revisionsOf(inputs).some(({ revision }) => revisions.includes(revision));
}
