import { setTimeout as delay } from "node:timers/promises";
import type { Probe } from "../kube/types";
import type { ProbeTarget } from "../probe/perform";
import { perform } from "../probe/perform";
import type { HealthEvents, ProbeKind } from "./health";
import { watchHealth } from "./health";
import type { Exit, ProcessOptions } from "./process";
import { PodProcess } from "./process";

/** What kubelet leaves a process at least when a preStop hook has used up the grace. */
const LEAST_GRACE_MS = 2000;

/** One run of a container's process, probed from start to end. */
export class Run {
  readonly process: PodProcess;
  /** Resolves when the process has ended and nothing probes it any more. */
  readonly ended: Promise<Exit>;
  private readonly stopping = new AbortController();

  constructor(
    options: ProcessOptions,
    private readonly target: ProbeTarget,
    events: Omit<HealthEvents, "dead"> & { dead(kind: ProbeKind): void },
    graceMs: number,
  ) {
    this.process = new PodProcess(options);
    const over = new AbortController();
    const dead = (kind: ProbeKind, probe: Probe) => {
      events.dead(kind);
      const seconds = probe.terminationGracePeriodSeconds;
      void this.stop(seconds === undefined ? graceMs : seconds * 1000);
    };
    const health = watchHealth(
      target.container,
      target,
      { ...events, dead },
      AbortSignal.any([this.stopping.signal, over.signal]),
      over.signal,
    );
    this.ended = this.process.exited.then(async (exit) => {
      over.abort();
      await health;
      return exit;
    });
  }

  /** preStop hook, SIGTERM, and SIGKILL when the grace is over. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    const deadline = Date.now() + graceMs;
    const { preStop } = this.target.container.lifecycle ?? {};
    if (preStop && graceMs > 0) {
      const hook = preStop.sleep
        ? delay(Math.min(preStop.sleep.seconds * 1000, graceMs))
        : perform(preStop, this.target, graceMs);
      await Promise.race([hook, this.process.exited]);
    }
    this.process.terminate();
    const left = deadline - Date.now();
    await this.process.killAfter(preStop ? Math.max(left, LEAST_GRACE_MS) : left);
    await this.ended;
  }
}
