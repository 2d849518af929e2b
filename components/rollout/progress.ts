import type { Decision, Progress } from "./types";

/** Window over which the shown rate is averaged: EMQX evicts once a second, in batches. */
const WINDOW = 5_000;
const MIN_WINDOW = 1_500;

/** Evictions per second, from the falling number of connections on the leaving nodes. */
export class RateMeter {
  private samples: { at: number; left: number }[] = [];
  /** Highest average over a window. */
  peak = 0;

  /** The rate now; 0 until there is enough to say. */
  add(at: number, left: number): number {
    this.samples.push({ at, left });
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) >= WINDOW) {
      this.samples.shift();
    }
    const first = this.samples[0];
    if (!first || at - first.at < MIN_WINDOW) return 0;
    const rate = Math.max(0, Math.round(((first.left - left) * 1000) / (at - first.at)));
    this.peak = Math.max(this.peak, rate);
    return rate;
  }
}

/** The live line: `Evacuating 2/3 · 68% · 981/s · ETA 0:33`, or what is waited for. */
export function statusLine(decision: Decision, rate: number): string {
  const { phase, progress, waitingFor } = decision;
  if (progress && phase === "Evacuate") {
    const position = Math.min(progress.drained + 1, progress.leaving);
    return [
      `Evacuating ${position}/${progress.leaving}`,
      `${percent(progress)}%`,
      `${rate}/s`,
      `ETA ${clockTime(progress.etaSeconds)}`,
    ].join(" · ");
  }
  return waitingFor ? `${VERBS[phase] ?? phase}: ${waitingFor}` : (VERBS[phase] ?? phase);
}

const VERBS: Partial<Record<Decision["phase"], string>> = {
  Preflight: "Checking",
  CreateGreen: "Creating the new nodes",
  WaitGreen: "Waiting for the new nodes",
  Gate: "Waiting for a person",
  Promote: "Switching",
  Evacuate: "Evacuating",
  Retire: "Removing the old nodes",
  Aborting: "Turning back",
};

/** Share of what was to be moved that is gone, sessions included. */
function percent(progress: Progress): number {
  const { connectionsAtStart, connectionsLeft, sessionsLeft } = progress;
  if (connectionsLeft + sessionsLeft === 0) return 100;
  if (connectionsAtStart === 0) return 0;
  // Sessions wait behind the connections: 100 % is only said when both are gone.
  const share = 1 - connectionsLeft / connectionsAtStart;
  return Math.max(0, Math.min(99, Math.floor(share * 100)));
}

export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
