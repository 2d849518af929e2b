import { setTimeout as sleep } from "node:timers/promises";

/** How long an observation waits for a node that has answered lately, and for one that has not. */
const PATIENCE = 3_000;
export const SHORT_PATIENCE = 400;
/** How old an answer may be that came between two observations, milliseconds. */
const LATE_TTL = 2_000;

type Outcome<T> = { at: number; seen: boolean } & ({ value: T } | { error: unknown });

const NOT_IN_TIME = Symbol("not in time");

/**
 * One thing that is asked of a node again and again, at most once at a time.
 *
 * A node that hangs costs one observation its full patience, the following ones little: the call
 * goes on in the background, and its answer restores the patience and counts at the next
 * observation. One that is slow but answers is waited for about as long as it takes.
 */
export class Question<T> {
  private pending?: Promise<T>;
  private hanging = false;
  private last?: Outcome<T>;
  /** Milliseconds that the last answer took. */
  private took = 0;

  /** `ttlMs`: an answer of that age is good enough. `patient`: wait the full time for a healthy node. */
  constructor(
    private readonly ask: () => Promise<T>,
    private readonly options: { ttlMs: number; patient: boolean },
  ) {}

  /** Rejects when the call fails; undefined when there is no answer in time. */
  async answer(): Promise<T | undefined> {
    const { last } = this;
    if (last && !this.pending && this.isFresh(last)) {
      last.seen = true;
      if ("error" in last) throw last.error;
      return last.value;
    }
    this.pending ??= this.start();
    const alarm = new AbortController();
    try {
      const late = sleep(this.patience(), NOT_IN_TIME, { signal: alarm.signal });
      const answer = await Promise.race([this.pending, late]);
      if (answer !== NOT_IN_TIME) return answer as T;
      this.hanging = true;
      return undefined;
    } finally {
      alarm.abort();
      if (!this.pending && this.last) this.last.seen = true;
    }
  }

  private isFresh(last: Outcome<T>): boolean {
    const { ttlMs } = this.options;
    const ttl = last.seen ? ("error" in last ? 0 : ttlMs) : Math.max(ttlMs, LATE_TTL);
    return Date.now() - last.at < ttl;
  }

  private patience(): number {
    if (this.hanging) return SHORT_PATIENCE;
    if (this.options.patient) return PATIENCE;
    return Math.min(PATIENCE, Math.max(SHORT_PATIENCE, 2 * this.took));
  }

  private start(): Promise<T> {
    const began = Date.now();
    const end = (outcome: { value: T } | { error: unknown }): void => {
      const at = Date.now();
      this.last = { at, seen: false, ...outcome };
      this.took = at - began;
      this.pending = undefined;
      this.hanging = "error" in outcome && this.took > SHORT_PATIENCE;
    };
    const call = this.ask().then(
      (value) => {
        end({ value });
        return value;
      },
      (error: unknown) => {
        end({ error });
        throw error;
      },
    );
    // The observation that began it may be over by the time it fails.
    call.catch(() => undefined);
    return call;
  }
}
