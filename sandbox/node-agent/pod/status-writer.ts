import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { KubeClient } from "../kube/client";
import { isConflict, isNotFound } from "../kube/client";
import type { Pod, PodCondition, PodStatus } from "../kube/types";

/** Milliseconds before a status that could not be written is tried again. */
const RETRY_MS = 1000;

/** Writes one pod's status: one patch at a time, the newest status only, nothing when nothing changed. */
export class StatusWriter {
  private sent: PodStatus | undefined;
  private conditions: PodCondition[];
  private running: Promise<void> | undefined;
  private dirty = false;
  private closed = false;

  constructor(
    private readonly client: KubeClient,
    private readonly pod: Pod,
    private readonly compute: (previous: PodCondition[], now: string) => PodStatus,
    private readonly log: (line: string) => void,
    /** Resolves when the pod's host can write. */
    private readonly awake: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.conditions = pod.status?.conditions ?? [];
  }

  /** The pod is gone: nothing is written any more. */
  close(): void {
    this.closed = true;
  }

  /** Something changed; returns at once. */
  touch(): void {
    if (this.closed) return;
    this.dirty = true;
    this.running ??= this.drain().finally(() => {
      this.running = undefined;
      if (this.dirty) this.touch();
    });
  }

  /** What the API server has now: readiness that somebody else changed, as for a lost node, is put right. */
  observed(status: PodStatus | undefined): void {
    if (!this.sent || this.running) return;
    if (readiness(status) === readiness(this.sent)) return;
    this.sent = undefined;
    this.conditions = status?.conditions ?? [];
    this.touch();
  }

  /** Resolves when the status as of now is written, or the pod is gone. */
  async flush(): Promise<void> {
    this.touch();
    while (this.running) await this.running;
  }

  private async drain(): Promise<void> {
    // One turn of the event loop, so that changes that come together are written together.
    await delay(1);
    while (this.dirty && !this.closed) {
      await this.awake();
      this.dirty = false;
      const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      const status = this.compute(this.conditions, now);
      if (this.sent && isDeepStrictEqual(withoutTimes(this.sent), withoutTimes(status))) continue;
      await this.write(status);
    }
  }

  private async write(status: PodStatus): Promise<void> {
    const { name, namespace, uid } = this.pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    try {
      await this.client.patch(path, { metadata: { uid }, status });
      this.sent = status;
      this.conditions = status.conditions ?? [];
    } catch (error) {
      // Gone, or another pod has the name: there is nobody left to report to.
      if (isNotFound(error) || isConflict(error)) return;
      this.log(`status of ${namespace}/${name} is tried again: ${String(error)}`);
      await delay(RETRY_MS);
      this.dirty = true;
    }
  }
}

function readiness(status: PodStatus | undefined): string | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status;
}

/** Removed fields are null once; they must not make the next, equal status look different. */
function withoutTimes(status: PodStatus): object {
  const clean = {
    ...status,
    conditions: status.conditions?.map(({ type, status, reason, message }) => ({
      type,
      status,
      reason: reason ?? undefined,
      message: message ?? undefined,
    })),
  };
  return JSON.parse(JSON.stringify(clean)) as object;
}
