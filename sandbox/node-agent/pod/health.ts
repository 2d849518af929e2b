import type { ContainerSpec, Probe } from "../kube/types";
import type { ProbeTarget } from "../probe/perform";
import { perform } from "../probe/perform";
import { runProbe } from "../probe/prober";

export interface HealthEvents {
  /** The startup probe passed, or there is none. */
  started(): void;
  ready(isReady: boolean): void;
  /** One attempt of a probe failed; `kind` as in kubelet's events. */
  unhealthy(kind: ProbeKind, message: string): void;
  /** Liveness or startup failed for good: the container is to be restarted. */
  dead(kind: ProbeKind, probe: Probe): void;
}

export type ProbeKind = "Startup" | "Liveness" | "Readiness";

/**
 * Probes a running container until `over` aborts. Liveness and startup end earlier, with
 * `stopping`; readiness goes on while the container terminates, as kubelet's does.
 */
export async function watchHealth(
  container: ContainerSpec,
  target: ProbeTarget,
  events: HealthEvents,
  stopping: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  if (startupProbe && !(await startsUp(startupProbe, target, events, stopping))) return;
  events.started();
  if (!readinessProbe) events.ready(true);
  await Promise.all([
    readinessProbe &&
      runProbe(
        readinessProbe,
        attempt(readinessProbe, target),
        {
          passed: () => events.ready(true),
          attemptFailed: (message) => events.unhealthy("Readiness", message),
          failed: () => events.ready(false),
        },
        over,
      ),
    livenessProbe &&
      runProbe(
        livenessProbe,
        attempt(livenessProbe, target),
        {
          passed: () => undefined,
          attemptFailed: (message) => events.unhealthy("Liveness", message),
          failed: () => events.dead("Liveness", livenessProbe),
        },
        stopping,
      ),
  ]);
}

/** Resolves with whether the container started; the probe's verdict is final. */
async function startsUp(
  probe: Probe,
  target: ProbeTarget,
  events: HealthEvents,
  stopping: AbortSignal,
): Promise<boolean> {
  const decided = new AbortController();
  let started = false;
  await runProbe(
    probe,
    attempt(probe, target),
    {
      passed: () => {
        started = true;
        decided.abort();
      },
      attemptFailed: (message) => events.unhealthy("Startup", message),
      failed: () => {
        events.dead("Startup", probe);
        decided.abort();
      },
    },
    AbortSignal.any([stopping, decided.signal]),
  );
  return started;
}

function attempt(probe: Probe, target: ProbeTarget): () => Promise<string | undefined> {
  return async () => {
    for (;;) {
      await target.awake?.();
      const message = await perform(probe, target, (probe.timeoutSeconds ?? 1) * 1000);
      if (message === undefined || !target.isHung?.()) return message;
    }
  };
}
