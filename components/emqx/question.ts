import { setTimeout as sleep } from "node:timers/promises";

/** How long an observation waits for a node that has answered lately, and for one that has not. */
const PATIENCE = 3_000;
const SHORT_PATIENCE = 400;

/**
 * One thing that is asked of a node again and again, at most once at a time.
 *
 * A node that hangs costs one observation its full patience, the following ones little: the call
 * goes on in the background, and its answer restores the patience.
 */
export class Question<T> {
  private pending?: Promise<T>;
  private hanging = false;
  private last?: { at: number; value: T };

  /** `ttlMs`: an answer of that age is good enough. `patient`: wait the full time for a healthy node. */
  constructor(
    private readonly ask: () => Promise<T>,
    private readonly options: { ttlMs: number; patient: boolean },
  ) {}

  /** Rejects when the call fails; undefined when there is no answer in time. */
  async answer(): Promise<T | undefined> {
    if (this.last && Date.now() - this.last.at < this.options.ttlMs) return this.last.value;
    this.pending ??= this.start();
    const patience = this.options.patient && !this.hanging ? PATIENCE : SHORT_PATIENCE;
    const alarm = new AbortController();
    try {
      return await Promise.race([
        this.pending,
        sleep(patience, undefined, { signal: alarm.signal }).then(() => {
          this.hanging = true;
          return undefined;
        }),
      ]);
    } finally {
      alarm.abort();
    }
  }

  private start(): Promise<T> {
    const began = Date.now();
    const call = this.ask().then(
      (value) => {
        this.last = { at: Date.now(), value };
        this.hanging = false;
        this.pending = undefined;
        return value;
      },
      (error: unknown) => {
        this.pending = undefined;
        if (Date.now() - began > SHORT_PATIENCE) this.hanging = true;
        throw error;
      },
    );
    // The observation that began it may be over by the time it fails.
    call.catch(() => undefined);
    return call;
  }
}
