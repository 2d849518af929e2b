/** Names that EMQX still lists though no set wants their nodes any more. Pure. */
import type { NodeObservation, Observation } from "./types";

interface Leftovers {
  /** Listed as stopped: to be forgotten. */
  forgotten: string[];
  /** Listed as running still. */
  lingering: string[];
}

/** A replicant is called by its IP address; EMQX forgets it by itself, and cannot be told to. */
const REPLICANT = /@(\d+\.\d+\.\d+\.\d+|\[?[0-9a-f:]*:[0-9a-f:.]*\]?)$/i;

/** What EMQX lists beyond the nodes that some set wants. */
export function leftovers(
  observation: Observation,
  isDisposable: (node: NodeObservation) => boolean,
): Leftovers {
  const pods = new Set(observation.nodes.map((node) => node.node));
  const expected = (name: string): boolean => {
    const place = placeOf(name);
    const set = observation.sets.find((candidate) => candidate.name === place?.set);
    return !!place && !!set && !set.deleting && place.ordinal < set.replicas;
  };
  const listed = new Map<string, "running" | "stopped">();
  for (const node of observation.nodes) {
    if (node.terminating || isDisposable(node)) continue;
    for (const [name, status] of Object.entries(node.view ?? {})) {
      // One node that still believes in a running peer is enough to wait.
      if (pods.has(name) || expected(name) || listed.get(name) === "running") continue;
      listed.set(name, status);
    }
  }
  const those = (wanted: string) =>
    [...listed].filter(([, status]) => status === wanted).map(([name]) => name);
  return {
    forgotten: those("stopped").filter((name) => !REPLICANT.test(name)),
    lingering: those("running"),
  };
}

/** StatefulSet and ordinal in a core node's name (`labels.ts`). */
export function placeOf(node: string): { set: string; ordinal: number } | undefined {
  const match = /@([^.]+)-(\d+)(\.|$)/.exec(node);
  return match ? { set: match[1] ?? "", ordinal: Number(match[2]) } : undefined;
}
