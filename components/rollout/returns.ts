/** Do evicted clients come back? Judged by what leaves blue and what arrives at green. Pure. */
import { live } from "./drain";
import type { NodeObservation, Observation } from "./types";

/** Default of `updateStrategy.returnShare`: half of those who were evicted. */
export const RETURN_SHARE = 0.5;

/** Fewer than so many evicted clients prove nothing: some devices are switched off at any time. */
export const LEAST_LOST = 10;

/** Milliseconds that an evicted client has to come back before it counts as away. */
export const RETURN_MILLISECONDS = 10_000;

/** Two earlier looks: what left between them should be back by now. */
export interface Past {
  /** At least `RETURN_MILLISECONDS` old. */
  recent: Observation;
  /** Older than `recent`, at most twice that. */
  older: Observation;
}

/**
 * The number of clients on `staying` at which enough are back; undefined when enough are, or when
 * it cannot be told because a node that stays does not answer.
 */
export function missingReturns(
  { recent, older }: Past,
  now: Observation,
  staying: NodeObservation[],
  share: number,
): number | undefined {
  if (share <= 0) return undefined;
  const stays = new Set(staying.map(({ node }) => node));
  const before = arrivals(older, stays);
  const after = arrivals(now, stays);
  if (before === undefined || after === undefined) return undefined;
  const lost = departures(older, recent, stays);
  if (lost < LEAST_LOST || after - before >= share * lost) return undefined;
  return before + Math.ceil(share * departures(older, now, stays));
}

/** Clients on the nodes that stay; undefined when one of them is silent. */
export function arrivals(observation: Observation, stays: Set<string>): number | undefined {
  const nodes = observation.nodes.filter(({ node }) => stays.has(node));
  if (nodes.some((node) => !node.reachable)) return undefined;
  return nodes.reduce((sum, node) => sum + live(node), 0);
}

/**
 * Clients that the other nodes have lost together: who went from one of them to the next is not
 * away. A node that was silent at either time tells nothing.
 */
function departures(before: Observation, after: Observation, stays: Set<string>): number {
  const silent = new Set(
    [...before.nodes, ...after.nodes].filter((node) => !node.reachable).map(({ node }) => node),
  );
  const there = ({ nodes }: Observation) =>
    nodes
      .filter(({ node }) => !stays.has(node) && !silent.has(node))
      .reduce((sum, node) => sum + live(node), 0);
  return Math.max(0, there(before) - there(after));
}
