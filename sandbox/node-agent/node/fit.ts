import type { Pod } from "../kube/types";
import { parseQuantity } from "./quantity";

export interface Capacity {
  /** Cores. */
  cpu: number;
  /** Bytes. */
  memory: number;
  pods: number;
  labels: Record<string, string>;
}

/**
 * Why a pod cannot run on the node next to the pods that are there, in the scheduler's words, or
 * undefined when it can. Affinity, anti-affinity, topology spread and taints are not looked at:
 * with one node they could only ever forbid everything.
 */
export function misfit(pod: Pod, present: Pod[], capacity: Capacity): string | undefined {
  const { nodeSelector = {} } = pod.spec;
  if (Object.entries(nodeSelector).some(([key, value]) => capacity.labels[key] !== value)) {
    return unavailable("1 node(s) didn't match Pod's node affinity/selector");
  }
  const running = present.filter((other) => !isOver(other));
  const reasons: string[] = [];
  if (running.length + 1 > capacity.pods) reasons.push("1 Too many pods");
  for (const resource of ["cpu", "memory"] as const) {
    const used = running.reduce((sum, other) => sum + requested(other, resource), 0);
    const wanted = requested(pod, resource);
    if (wanted > 0 && used + wanted > capacity[resource])
      reasons.push(`1 Insufficient ${resource}`);
  }
  return reasons.length === 0 ? undefined : unavailable(reasons.join(", "));
}

/** What a pod asks for: the sum of its containers, or its largest init container. */
export function requested(pod: Pod, resource: "cpu" | "memory"): number {
  const of = (container: Pod["spec"]["containers"][number]) =>
    parseQuantity(container.resources?.requests?.[resource] ?? "0");
  const together = pod.spec.containers.reduce((sum, container) => sum + of(container), 0);
  return Math.max(together, ...(pod.spec.initContainers ?? []).map(of));
}

function isOver(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

function unavailable(reasons: string): string {
  return (
    `0/1 nodes are available: ${reasons}. preemption: 0/1 nodes are available: ` +
    "1 Preemption is not helpful for scheduling."
  );
}
