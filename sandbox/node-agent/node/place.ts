import type { Pod } from "../kube/types";
import { isKeptApart, offence, type Placed } from "./anti-affinity";
import { isOver, shortages, type Capacity } from "./fit";
import type { NodeIdentity } from "./nodes";
import { keepsSpread, unevenness } from "./spread";

/** Where a pod goes, or why it cannot go anywhere, in kube-scheduler's words. */
export type Placement = { node: NodeIdentity } | { reason: string };

/**
 * Chooses a node: one that has room and keeps nodeSelector, required anti-affinity and
 * `DoNotSchedule` spread; among those the one that offends preferences least, then the emptiest.
 * `closed` says why a node takes no new pod at all. Node affinity and affinity between pods are not
 * looked at.
 */
export function place(
  pod: Pod,
  all: Placed[],
  nodes: readonly NodeIdentity[],
  capacity: Capacity,
  closed: (node: string) => string | undefined = () => undefined,
): Placement {
  const present = all.filter((other) => !isOver(other.pod));
  const { nodeSelector = {} } = pod.spec;
  const reasons = new Map<string, number>();
  const fitting: { node: NodeIdentity; cost: [number, number] }[] = [];
  const selected = nodes.filter(({ labels }) =>
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value),
  );
  for (const node of nodes) {
    const here = present.filter((other) => other.node.name === node.name).map(({ pod: p }) => p);
    const refusal = closed(node.name);
    const against = refusal
      ? [refusal]
      : !selected.includes(node)
        ? ["node(s) didn't match Pod's node affinity/selector"]
        : isKeptApart(pod, node, present)
          ? ["node(s) didn't match pod anti-affinity rules"]
          : !keepsSpread(pod, node, present, selected)
            ? ["node(s) didn't match pod topology spread constraints"]
            : shortages(pod, here, capacity);
    for (const reason of against) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (against.length > 0) continue;
    const dislike = offence(pod, node, present) + unevenness(pod, node, present, selected);
    fitting.push({ node, cost: [dislike, here.length] });
  }
  const [best] = fitting.sort((a, b) => a.cost[0] - b.cost[0] || a.cost[1] - b.cost[1]);
  if (best) return { node: best.node };
  const total = nodes.length;
  const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return {
    reason:
      `0/${total} nodes are available: ${list.join(", ")}. preemption: 0/${total} nodes are ` +
      `available: ${total} Preemption is not helpful for scheduling.`,
  };
}
