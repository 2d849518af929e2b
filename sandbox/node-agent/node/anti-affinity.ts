import type { Pod, PodAffinityTerm } from "../kube/types";
import type { NodeIdentity } from "./nodes";
import { selects } from "./selector";

/** A pod and the node on which it is or is about to be. */
export interface Placed {
  pod: Pod;
  node: NodeIdentity;
}

/**
 * Whether a required anti-affinity forbids the node: one of the pod's own, or one of a pod that
 * is there already, which counts in both directions.
 */
export function isKeptApart(pod: Pod, node: NodeIdentity, present: Placed[]): boolean {
  return present.some(
    (other) =>
      required(pod).some((term) => meets(term, pod, other.pod) && near(term, node, other.node)) ||
      required(other.pod).some(
        (term) => meets(term, other.pod, pod) && near(term, node, other.node),
      ),
  );
}

/** Weights of the pod's preferred anti-affinities that the node would offend; less is better. */
export function offence(pod: Pod, node: NodeIdentity, present: Placed[]): number {
  const preferred =
    pod.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  let sum = 0;
  for (const { weight, podAffinityTerm: term } of preferred) {
    const met = present.filter(
      (other) => meets(term, pod, other.pod) && near(term, node, other.node),
    );
    sum += weight * met.length;
  }
  return sum;
}

function required(pod: Pod): PodAffinityTerm[] {
  return pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

/** `matchLabelKeys` is not looked at: the API server merges it into the selector. */
function meets(term: PodAffinityTerm, owner: Pod, other: Pod): boolean {
  const { namespaces, namespaceSelector, labelSelector } = term;
  const inScope = namespaces?.length
    ? namespaces.includes(other.metadata.namespace)
    : namespaceSelector !== undefined || other.metadata.namespace === owner.metadata.namespace;
  return inScope && selects(labelSelector, other.metadata.labels);
}

function near({ topologyKey }: PodAffinityTerm, a: NodeIdentity, b: NodeIdentity): boolean {
  const domain = a.labels[topologyKey];
  return domain !== undefined && domain === b.labels[topologyKey];
}
