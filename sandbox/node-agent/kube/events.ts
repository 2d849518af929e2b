import { randomBytes } from "node:crypto";
import type { KubeClient } from "./client";
import { MERGE_PATCH } from "./client";
import type { KubeObject } from "./types";

/** Records events as kubelet and scheduler do; `Events` is the real one. */
export interface EventRecorder {
  normal(about: Subject, reason: string, message: string): void;
  warning(about: Subject, reason: string, message: string): void;
}

export interface Subject {
  object: KubeObject;
  /** API version and kind are absent in items of a list, so they are named here. */
  kind: "Pod" | "Service" | "PersistentVolumeClaim" | "Node";
  /** Who reports: "kubelet" unless told otherwise. */
  component?: string;
  /** Container that a pod's event is about. */
  container?: string;
}

interface Series {
  name: string;
  count: number;
  writtenAt: number;
}

/** Milliseconds between two writes of one repeated event: a probe may fail every second. */
const REPEAT_MS = 5000;

/** Number of distinct events that are remembered for counting repetitions. */
const REMEMBERED = 1000;

/** Writes events one after another, in the order in which they happened, and counts repetitions. */
export class Events implements EventRecorder {
  private readonly series = new Map<string, Series>();
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: KubeClient,
    private readonly host: string,
    private readonly log: (line: string) => void,
  ) {}

  normal(about: Subject, reason: string, message: string): void {
    this.record("Normal", about, reason, message);
  }

  warning(about: Subject, reason: string, message: string): void {
    this.record("Warning", about, reason, message);
  }

  /** Resolves when all events so far are written. */
  flushed(): Promise<void> {
    return this.queue;
  }

  private record(type: string, about: Subject, reason: string, message: string): void {
    const timestamp = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    this.queue = this.queue.then(() =>
      this.write(type, about, reason, message, timestamp).catch((error) =>
        this.log(`event ${reason} of ${about.object.metadata.name} was not written: ${error}`),
      ),
    );
  }

  private async write(
    type: string,
    about: Subject,
    reason: string,
    message: string,
    timestamp: string,
  ): Promise<void> {
    const { name, namespace, uid } = about.object.metadata;
    const path = `/api/v1/namespaces/${namespace || "default"}/events`;
    const key = JSON.stringify([uid, about.container, reason, message]);
    const known = this.series.get(key);
    if (known) {
      known.count += 1;
      if (Date.now() - known.writtenAt < REPEAT_MS) return;
      known.writtenAt = Date.now();
      const again = { count: known.count, lastTimestamp: timestamp };
      await this.client.patch(`${path}/${known.name}`, again, MERGE_PATCH);
      return;
    }
    const component = about.component ?? "kubelet";
    const event = `${name}.${randomBytes(8).toString("hex")}`;
    await this.client.create(path, {
      metadata: { name: event, namespace: namespace || "default" },
      involvedObject: {
        apiVersion: "v1",
        kind: about.kind,
        name,
        namespace,
        uid,
        ...(about.container && { fieldPath: `spec.containers{${about.container}}` }),
      },
      type,
      reason,
      message: message.slice(0, 1024),
      count: 1,
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      source: { component, host: this.host },
      reportingComponent: component,
      reportingInstance: this.host,
    });
    this.series.set(key, { name: event, count: 1, writtenAt: Date.now() });
    const oldest = this.series.size > REMEMBERED ? this.series.keys().next().value : undefined;
    if (oldest !== undefined) this.series.delete(oldest);
  }
}
