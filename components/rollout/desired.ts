import { replicasOf, strategyOf, type RolloutInputs } from "./inputs";
import type { Desired } from "./types";

/** The goal that these inputs describe. */
export function desiredOf(inputs: RolloutInputs, revision: string): Desired {
  return {
    revision,
    replicas: replicasOf(inputs),
    image: inputs.image,
    strategy: strategyOf(inputs),
  };
}
