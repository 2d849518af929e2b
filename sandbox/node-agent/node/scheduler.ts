import type { KubeClient } from "../kube/client";
import { isConflict, isNotFound } from "../kube/client";
import type { EventRecorder } from "../kube/events";
import type { Claim, Pod } from "../kube/types";
import type { Capacity } from "./fit";
import type { Placed } from "./anti-affinity";
import { NODES, type NodeIdentity } from "./nodes";
import { place } from "./place";

export interface SchedulerDeps {
  client: KubeClient;
  events: EventRecorder;
  capacity: Capacity;
  /** Why a node takes no new pod, in kube-scheduler's words. */
  closed(node: string, pod: Pod): string | undefined;
  /** All pods of the cluster. */
  pods(): Iterable<Pod>;
  /** A claim that a pod names, from the agent's copy. */
  claim(namespace: string, name: string): Claim | undefined;
  log(line: string): void;
}

/** Binds pending pods to the nodes, as kube-scheduler would. */
export class Scheduler {
  /** uid -> the message that was reported, so that a pod that waits is reported once. */
  private readonly refused = new Map<string, string>();
  /** Bindings that are under way or whose effect has not come back by the watch. */
  private readonly bound = new Map<string, Placed>();

  constructor(private readonly deps: SchedulerDeps) {}

  /** Looks at one pod; call it for every change. */
  consider(pod: Pod): void {
    const { uid } = pod.metadata;
    if (pod.spec.nodeName) {
      this.bound.delete(uid);
      this.refused.delete(uid);
      return;
    }
    if (!isOurs(pod) || this.bound.has(uid)) return;
    const missing = this.missingClaim(pod);
    if (missing !== undefined) return this.refuse(pod, missing);
    const { capacity, closed } = this.deps;
    const placement = place(pod, this.present(), NODES, capacity, (node) => closed(node, pod));
    if ("reason" in placement) return this.refuse(pod, placement.reason);
    this.bound.set(uid, { pod, node: placement.node });
    void this.bind(pod, placement.node);
  }

  /** Looks again at all that wait: room or a claim may have come. */
  retry(): void {
    for (const pod of this.deps.pods()) if (!pod.spec.nodeName) this.consider(pod);
  }

  /** Forgets a pod that is gone. */
  forget(pod: Pod): void {
    this.refused.delete(pod.metadata.uid);
    this.bound.delete(pod.metadata.uid);
  }

  private present(): Placed[] {
    const placed = [...this.deps.pods()].flatMap((pod) => {
      const node = NODES.find(({ name }) => name === pod.spec.nodeName);
      return node ? [{ pod, node }] : [];
    });
    return [...placed, ...this.bound.values()];
  }

  private missingClaim(pod: Pod): string | undefined {
    for (const { persistentVolumeClaim: volume } of pod.spec.volumes ?? []) {
      if (volume && !this.deps.claim(pod.metadata.namespace, volume.claimName)) {
        return `0/${NODES.length} nodes are available: persistentvolumeclaim "${volume.claimName}" not found.`;
      }
    }
    return undefined;
  }

  private refuse(pod: Pod, message: string): void {
    if (this.refused.get(pod.metadata.uid) === message) return;
    this.refused.set(pod.metadata.uid, message);
    this.deps.events.warning(
      { object: pod, kind: "Pod", component: "default-scheduler" },
      "FailedScheduling",
      message,
    );
    const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
    const conditions = [{ ...condition, lastTransitionTime: now() }];
    this.deps.client
      .patch(`${podPath(pod)}/status`, { status: { conditions } })
      .catch((error) => this.deps.log(`status of ${pod.metadata.name}: ${String(error)}`));
  }

  private async bind(pod: Pod, node: NodeIdentity): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      await this.deps.client.create(`${podPath(pod)}/binding`, {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target: { apiVersion: "v1", kind: "Node", name: node.name },
      });
      this.deps.events.normal(
        { object: pod, kind: "Pod", component: "default-scheduler" },
        "Scheduled",
        `Successfully assigned ${namespace}/${name} to ${node.name}`,
      );
    } catch (error) {
      this.bound.delete(uid);
      if (!isNotFound(error) && !isConflict(error)) {
        this.deps.log(`binding of ${namespace}/${name} failed, next try soon: ${String(error)}`);
      }
    }
  }
}

function isOurs(pod: Pod): boolean {
  const { schedulerName = "default-scheduler", schedulingGates = [] } = pod.spec;
  return (
    schedulerName === "default-scheduler" &&
    schedulingGates.length === 0 &&
    !pod.metadata.deletionTimestamp
  );
}

function podPath(pod: Pod): string {
  return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
