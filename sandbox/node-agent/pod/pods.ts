import type { Pod } from "../kube/types";
import { isOurNode } from "../node/nodes";
import type { PodDirectory } from "../server/kubelet-server";
import type { NodeContext } from "./context";
import { PodWorker } from "./worker";

/** All pods of the nodes, each with its worker. */
export class Pods implements PodDirectory {
  private readonly workers = new Map<string, { pod: Pod; worker: PodWorker }>();
  private isShutDown = false;
  /** What pods of hosts that hang have yet to notice, in its order. */
  private missed: { node: string | undefined; notice: () => void }[] = [];

  constructor(private readonly node: NodeContext) {}

  /** A pod is new or changed. */
  changed(pod: Pod): void {
    if (this.isShutDown || !isOurNode(pod.spec.nodeName)) return;
    if (this.misses(pod, () => this.changed(pod))) return;
    const known = this.workers.get(pod.metadata.uid);
    if (known) {
      known.pod = pod;
      known.worker.update(pod);
      return;
    }
    const isOver = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    if (isOver && !pod.metadata.deletionTimestamp) return;
    const worker = new PodWorker(pod, this.node);
    this.workers.set(pod.metadata.uid, { pod, worker });
    worker.start();
  }

  /** A pod is gone from the API server. */
  gone(pod: Pod): void {
    const known = this.workers.get(pod.metadata.uid);
    if (!known || this.isShutDown) return;
    if (this.misses(pod, () => this.gone(pod))) return;
    known.worker
      .removed()
      .catch((error) => this.node.log(`end of pod ${pod.metadata.name}: ${String(error)}`))
      .finally(() => this.workers.delete(pod.metadata.uid));
  }

  /** A host begins to hang: its processes stand still and nothing is noticed; or it goes on. */
  hostChanged(node: string, hung: boolean): void {
    for (const { pod, worker } of this.workers.values()) {
      if (pod.spec.nodeName === node) worker.suspend(hung);
    }
    if (hung) return;
    const { missed } = this;
    this.missed = missed.filter((each) => each.node !== node);
    for (const each of missed) if (each.node === node) each.notice();
  }

  /** Ends all processes; nothing starts any more. */
  async shutdown(graceMs: number): Promise<void> {
    this.isShutDown = true;
    await Promise.all([...this.workers.values()].map(({ worker }) => worker.shutdown(graceMs)));
  }

  address(namespace: string, name: string): string | undefined {
    return this.find(namespace, name)?.podIP;
  }

  log(namespace: string, name: string, container: string, previous: boolean) {
    return this.find(namespace, name)?.log(container, previous);
  }

  private misses(pod: Pod, notice: () => void): boolean {
    const { nodeName } = pod.spec;
    if (!this.node.hosts.isHung(nodeName)) return false;
    this.missed.push({ node: nodeName, notice });
    return true;
  }

  private find(namespace: string, name: string): PodWorker | undefined {
    for (const { pod, worker } of this.workers.values()) {
      if (pod.metadata.name === name && pod.metadata.namespace === namespace) return worker;
    }
    return undefined;
  }
}
