/** Whether a node's release can evacuate it: as the node says or, when it is silent, as its image does. */
import { releaseOf } from "../release";
import type { NodeObservation, Observation } from "./types";

export function hasEvacuation(node: NodeObservation, observation: Observation): boolean {
  const state = node.reachable ? node.evacuation?.state : undefined;
  if (state !== undefined && state !== "unknown") return state !== "unsupported";
  const image = imageOf(node, observation);
  return image === undefined || releaseOf(image).evacuation;
}

/** Image of the set that the node belongs to. */
export const imageOf = (
  { role, revision }: Pick<NodeObservation, "role" | "revision">,
  { sets }: Observation,
): string | undefined => sets.find((set) => set.role === role && set.revision === revision)?.image;
