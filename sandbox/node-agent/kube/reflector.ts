import { setTimeout as delay } from "node:timers/promises";
import type { KubeClient } from "./client";
import type { KubeObject } from "./types";

/** Seconds that one watch lasts before everything is listed again. */
const RELIST_SECONDS = 25;

export interface Handlers<T> {
  /** The object is new or differs from `previous`. */
  changed(object: T, previous: T | undefined): void;
  /** The object is gone, or another one has taken its name. */
  gone(object: T): void;
  /** A fresh list has been taken over; called once a cycle. */
  listed?(): void;
}

interface List<T> {
  metadata: { resourceVersion: string };
  items: T[] | null;
}

/**
 * Keeps a copy of one collection by list and watch. It lists again every 25 s instead of trusting
 * one watch for ever, so a lost event heals by itself.
 */
export class Reflector<T extends KubeObject> {
  readonly items = new Map<string, T>();
  private readonly stopped = new AbortController();

  constructor(
    private readonly client: KubeClient,
    /** Path of the collection, e.g. `/api/v1/pods`. */
    private readonly path: string,
    private readonly handlers: Handlers<T>,
    private readonly log: (line: string) => void,
  ) {}

  /** Resolves after the first list. */
  start(): Promise<void> {
    return new Promise((resolve) => void this.cycle(resolve));
  }

  stop(): void {
    this.stopped.abort();
  }

  private async cycle(synced: () => void): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        const list = await this.client.get<List<T>>(this.path);
        this.takeOver(list.items ?? []);
        this.handlers.listed?.();
        synced();
        await this.follow(list.metadata.resourceVersion);
      } catch (error) {
        if (signal.aborted) return;
        this.log(`watch of ${this.path} broke and starts again: ${String(error)}`);
        await delay(500, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async follow(resourceVersion: string): Promise<void> {
    const query = `watch=1&timeoutSeconds=${RELIST_SECONDS}&resourceVersion=${resourceVersion}`;
    // The API server ends the watch; a connection that hangs is ended by ourselves soon after.
    const signal = AbortSignal.any([
      this.stopped.signal,
      AbortSignal.timeout((RELIST_SECONDS + 5) * 1000),
    ]);
    await this.client.watch(`${this.path}?${query}`, (line) => this.event(line), signal);
  }

  private event(line: string): void {
    const { type, object } = JSON.parse(line) as { type: string; object: T };
    if (type === "ERROR") throw new Error(`the API server ended the watch: ${line}`);
    if (type === "DELETED") this.remove(object);
    else if (type !== "BOOKMARK") this.put(object);
  }

  private takeOver(objects: T[]): void {
    const present = new Set(objects.map(keyOf));
    for (const [key, object] of [...this.items]) if (!present.has(key)) this.remove(object);
    for (const object of objects) this.put(object);
  }

  private put(object: T): void {
    const key = keyOf(object);
    const previous = this.items.get(key);
    if (previous && previous.metadata.uid !== object.metadata.uid) {
      this.remove(previous);
      return this.put(object);
    }
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion && previous) return;
    this.items.set(key, object);
    this.handlers.changed(object, previous);
  }

  private remove(object: T): void {
    if (this.items.delete(keyOf(object))) this.handlers.gone(object);
  }
}

/** `namespace/name`, or just the name of a cluster-scoped object. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}
