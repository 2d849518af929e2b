import type { Pod } from "../kube/types";
import { parseQuantity } from "./quantity";

/** What a node offers. */
export interface Capacity {
  /** Cores. */
  cpu: number;
  /** Bytes. */
  memory: number;
  pods: number;
}

/** Why a pod has no room next to the pods that are on a node, in the scheduler's words. */
export function shortages(pod: Pod, present: Pod[], capacity: Capacity): string[] {
  const running = present.filter((other) => !isOver(other));
  const reasons: string[] = [];
  if (running.length + 1 > capacity.pods) reasons.push("Too many pods");
  for (const resource of ["cpu", "memory"] as const) {
    const used = running.reduce((sum, other) => sum + requested(other, resource), 0);
    const wanted = requested(pod, resource);
    if (wanted > 0 && used + wanted > capacity[resource]) reasons.push(`Insufficient ${resource}`);
  }
  return reasons;
}

/** What a pod asks for: the sum of its containers, or its largest init container. */
export function requested(pod: Pod, resource: "cpu" | "memory"): number {
  const of = (container: Pod["spec"]["containers"][number]) =>
    parseQuantity(container.resources?.requests?.[resource] ?? "0");
  const together = pod.spec.containers.reduce((sum, container) => sum + of(container), 0);
  return Math.max(together, ...(pod.spec.initContainers ?? []).map(of));
}

/** Whether a pod has ended for good and takes no room any more. */
export function isOver(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}
