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

  constructor(
    private readonly client: KubeClient,
    private readonly pod: Pod,
    private readonly compute: (previous: PodCondition[], now: string) => PodStatus,
    private readonly log: (line: string) => void,
  ) {
    this.conditions = pod.status?.conditions ?? [];
  }

  /** Something changed; returns at once. */
  touch(): void {
    this.dirty = true;
    this.running ??= this.drain().finally(() => {
      this.running = undefined;
      if (this.dirty) this.touch();
    });
  }

  /** Resolves when the status as of now is written, or the pod is gone. */
  async flush(): Promise<void> {
    this.touch();
    while (this.running) await this.running;
  }

  private async drain(): Promise<void> {
    // One turn of the event loop, so that changes that come together are written together.
    await delay(1);
    while (this.dirty) {
      this.dirty = false;
      const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      const status = this.compute(this.conditions, now);
      if (this.sent && isDeepStrictEqual(withoutTimes(this.sent), withoutTimes(status))) continue;
      if (!(await this.write(status))) return;
    }
  }

  private async write(status: PodStatus): Promise<boolean> {
    const { name, namespace, uid } = this.pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    try {
      await this.client.patch(path, { metadata: { uid }, status });
      this.sent = status;
      this.conditions = status.conditions ?? [];
    } catch (error) {
      // Gone, or another pod has the name: there is nobody left to report to.
      if (isNotFound(error) || isConflict(error)) return true;
      this.log(`status of ${namespace}/${name} is tried again: ${String(error)}`);
      await delay(RETRY_MS);
      this.dirty = true;
    }
    return true;
  }
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
