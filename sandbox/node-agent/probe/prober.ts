import { setTimeout as delay } from "node:timers/promises";
import type { Probe } from "../kube/types";

export interface ProbeEvents {
  /** The success threshold was reached; called when the verdict turns good. */
  passed(): void;
  /** One attempt failed. */
  attemptFailed(message: string): void;
  /** The failure threshold was reached; called when the verdict turns bad. */
  failed(message: string): void;
}

/**
 * Kubelet's ticker runs before the container starts, so a first attempt comes somewhere within the
 * first period, and not at the moment when nothing can listen yet.
 */
const FIRST_MS = 400;

/**
 * Probes until `signal` aborts, at kubelet's times: the first attempt after the initial delay,
 * then one per period, the verdict changing after so many equal results in a row.
 */
export async function runProbe(
  probe: Probe,
  attempt: () => Promise<string | undefined>,
  events: ProbeEvents,
  signal: AbortSignal,
): Promise<void> {
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  let due = Date.now() + (probe.initialDelaySeconds ?? 0) * 1000 + FIRST_MS;
  let verdict: boolean | undefined;
  let last: boolean | undefined;
  let inARow = 0;
  while (await waited(due - Date.now(), signal)) {
    const message = await attempt();
    if (signal.aborted) return;
    const good = message === undefined;
    inARow = good === last ? inARow + 1 : 1;
    last = good;
    if (!good) events.attemptFailed(message);
    const threshold = good ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (inARow >= threshold && verdict !== good) {
      verdict = good;
      if (good) events.passed();
      else events.failed(message);
    }
    // An attempt that took longer than a period swallows the ticks in between, as a Go ticker does.
    due = Math.max(due + periodMs, Date.now());
  }
}

async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(Math.max(ms, 0), undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
