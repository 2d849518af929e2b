import { setTimeout as sleep } from "node:timers/promises";

/** How long an idempotent call goes on trying. */
export interface Patience {
  /** Milliseconds after which no further attempt is made. */
  totalMs: number;
  /** First pause; it doubles from attempt to attempt, up to `maxPauseMs`. */
  firstPauseMs: number;
  maxPauseMs: number;
}

export const DEFAULT_PATIENCE: Patience = { totalMs: 30_000, firstPauseMs: 200, maxPauseMs: 5_000 };

/** An attempt's outcome: over, or worth another attempt (perhaps not before `afterMs`). */
export type Attempt<T> = { value: T } | { again: () => Error; afterMs?: number };

/** Repeats an attempt with growing, jittered pauses; then throws what the last one had to say. */
export async function retry<T>(patience: Patience, attempt: () => Promise<Attempt<T>>): Promise<T> {
  const start = Date.now();
  for (let pause = patience.firstPauseMs; ; pause = Math.min(pause * 2, patience.maxPauseMs)) {
    const outcome = await attempt();
    if ("value" in outcome) return outcome.value;
    // Jitter keeps several runners from asking a sick API server in step.
    const wait = outcome.afterMs ?? pause * (0.75 + Math.random() / 2);
    if (Date.now() - start + wait > patience.totalMs) throw outcome.again();
    await sleep(wait);
  }
}
