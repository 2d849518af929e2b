import { setTimeout as sleep } from "node:timers/promises";

/** The real plugin's patience with an object, in s, unless `customTimeouts` says otherwise. */
export const DEFAULT_TIMEOUT = 600;

/** Time between two looks at an object, in ms. */
const POLL = 100;

/** How long to wait and what may cut it short. */
export interface Patience {
  /** In s. */
  timeout: number;
  /** Aborted when the engine cancels the operation. */
  signal: AbortSignal;
}

/** Looks until `done` says so: true then, false when the time is over; throws when cancelled. */
export async function until(patience: Patience, done: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + patience.timeout * 1000;
  for (;;) {
    if (await done()) return true;
    if (Date.now() >= deadline) return false;
    await pause(POLL, patience.signal);
  }
}

/** Sleeps; throws when the engine cancels. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (signal.aborted) throw new Error("the operation was cancelled by Pulumi", { cause: error });
    throw error;
  }
}
