import type { Pod, SpreadConstraint } from "../kube/types";
import type { Placed } from "./anti-affinity";
import type { NodeIdentity } from "./nodes";
import { selects } from "./selector";

/** Whether the node keeps every `DoNotSchedule` constraint of the pod. */
export function keepsSpread(
  pod: Pod,
  node: NodeIdentity,
  present: Placed[],
  nodes: readonly NodeIdentity[],
): boolean {
  return constraints(pod, "DoNotSchedule").every(
    (constraint) => skew(constraint, pod, node, present, nodes) <= constraint.maxSkew,
  );
}

/** By how much the pod's `ScheduleAnyway` constraints would be exceeded in total; less is better. */
export function unevenness(
  pod: Pod,
  node: NodeIdentity,
  present: Placed[],
  nodes: readonly NodeIdentity[],
): number {
  return constraints(pod, "ScheduleAnyway")
    .map((constraint) => skew(constraint, pod, node, present, nodes) - constraint.maxSkew)
    .reduce((sum, over) => sum + Math.max(0, over), 0);
}

function constraints(pod: Pod, what: string): SpreadConstraint[] {
  return (pod.spec.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable = "DoNotSchedule" }) => whenUnsatisfiable === what,
  );
}

/** Difference between the node's domain with the pod in it and the emptiest domain. */
function skew(
  { topologyKey, labelSelector, matchLabelKeys = [] }: SpreadConstraint,
  pod: Pod,
  node: NodeIdentity,
  present: Placed[],
  nodes: readonly NodeIdentity[],
): number {
  const domain = node.labels[topologyKey];
  if (domain === undefined) return Infinity;
  const counts = new Map(nodes.map(({ labels }) => [labels[topologyKey], 0]));
  const own = pod.metadata.labels ?? {};
  for (const other of present) {
    const { labels = {}, namespace, deletionTimestamp } = other.pod.metadata;
    const isCounted =
      namespace === pod.metadata.namespace &&
      !deletionTimestamp &&
      selects(labelSelector, labels) &&
      matchLabelKeys.every((key) => labels[key] === own[key]);
    const where = other.node.labels[topologyKey];
    if (isCounted) counts.set(where, (counts.get(where) ?? 0) + 1);
  }
  const itself = selects(labelSelector, own) ? 1 : 0;
  return (counts.get(domain) ?? 0) + itself - Math.min(...counts.values());
}
