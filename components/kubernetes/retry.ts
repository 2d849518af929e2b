import { setTimeout as sleep } from "node:timers/promises";
import type { Outage } from "./outage";

/** How long a call that may be repeated goes on trying. */
export interface Patience {
  /**
   * Milliseconds of an outage after which no further attempt is made, once the API server has
   * answered: an upgrade under way survives that. Default 120,000.
   */
  totalMs: number;
  /** The same before its first answer: the address may just be wrong. Default 30,000. */
  contactMs: number;
  /** First pause; it doubles from attempt to attempt, up to `maxPauseMs`. */
  firstPauseMs: number;
  maxPauseMs: number;
  /** Longest pause that the server itself may ask for by `Retry-After`. Default 30,000. */
  maxAfterMs: number;
}

export const DEFAULT_PATIENCE: Patience = {
  totalMs: 120_000,
  contactMs: 30_000,
  firstPauseMs: 200,
  maxPauseMs: 2_000,
  maxAfterMs: 30_000,
};

/** An attempt's outcome: over, or worth another attempt (perhaps not before `afterMs`). */
export type Attempt<T> =
  | { value: T }
  | {
      again: (seconds: number) => Error;
      /** Why there was no answer; undefined when there was one that another attempt may better. */
      why?: string;
      afterMs?: number;
    };

export interface Repeating {
  patience: Patience;
  outage: Outage;
  /** Ends all waiting. */
  signal: AbortSignal;
  /** Awaited before each attempt but the first. */
  beforeAgain?: () => Promise<void>;
}

/** Repeats an attempt with growing, jittered pauses; then throws what the last one had to say. */
export async function retry<T>(
  { patience, outage, signal, beforeAgain }: Repeating,
  attempt: () => Promise<Attempt<T>>,
): Promise<T> {
  const begun = Date.now();
  for (let pause = patience.firstPauseMs; ; pause = Math.min(pause * 2, patience.maxPauseMs)) {
    const outcome = await attempt();
    if ("value" in outcome) return outcome.value;
    // Whoever closed the client is not there any more to be told of an outage.
    if (signal.aborted) throw outcome.again(Math.round((Date.now() - begun) / 1000));
    const limit = outage.met ? patience.totalMs : patience.contactMs;
    const since = outcome.why === undefined ? begun : outage.failed(begun, outcome.why);
    // Jitter keeps several runners from asking a sick API server in step.
    const usual = pause * (0.75 + Math.random() / 2);
    const wait = Math.max(usual, Math.min(outcome.afterMs ?? 0, patience.maxAfterMs));
    const lasted = Date.now() - since;
    if (lasted + wait > limit) throw outcome.again(Math.round(lasted / 1000));
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw outcome.again(Math.round((Date.now() - since) / 1000));
    await beforeAgain?.();
  }
}
