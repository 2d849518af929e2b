import type { Decision, Progress, RolloutEntry } from "./types";

/** Milliseconds over which rates are averaged: EMQX evicts once a second, in batches. */
const WINDOW = 5_000;
const MIN_WINDOW = 2_500;
const BATCH = 1_000;

/** Evictions per second, from the falling number of connections on the leaving nodes. */
export class RateMeter {
  private samples: { at: number; left: number }[] = [];
  /** Highest rate over a window. */
  peak = 0;

  /** The rate now; 0 until there is enough to say. */
  add(at: number, left: number): number {
    this.samples.push({ at, left });
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) >= WINDOW) {
      this.samples.shift();
    }
    const first = this.samples[0];
    if (!first || at - first.at < MIN_WINDOW) return 0;
    const gone = Math.max(0, first.left - left) * 1000;
    // A window of n seconds can hold n + 1 batches, which must not look like a higher rate.
    this.peak = Math.max(this.peak, Math.round(gone / (at - first.at + BATCH)));
    return Math.round(gone / (at - first.at));
  }
}

/** The live line: `Evacuating 2/3 · 68% · 981/s · ETA 0:33`, or what is waited for. */
export function statusLine(
  decision: Decision,
  rate: number,
  entry?: Pick<RolloutEntry, "nodes"> | null,
): string {
  const { phase, progress, waitingFor } = decision;
  if (progress && decision.holding && waitingFor) return `Evacuation held: ${waitingFor}`;
  if (progress && phase === "Evacuate") {
    const position = Math.min(progress.drained + 1, progress.leaving);
    return [
      `Evacuating ${position}/${progress.leaving}`,
      `${percent(progress, entry?.nodes ?? [])}%`,
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

/** Share of the connections and sessions to be moved that is gone; 100 only when nothing is left. */
function percent(progress: Progress, atStart: RolloutEntry["nodes"]): number {
  const { connectionsAtStart, connectionsLeft, sessionsLeft } = progress;
  if (connectionsLeft + sessionsLeft === 0) return 100;
  const sessions = atStart.reduce((all, figures) => all + figures.sessions, 0);
  const total = connectionsAtStart + sessions;
  // Evicted clients that stay away add to the sessions: they never count backwards.
  const left = connectionsLeft + Math.min(sessionsLeft, sessions);
  return total === 0 ? 0 : Math.max(0, Math.min(99, Math.floor((1 - left / total) * 100)));
}

/** `0:33` */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
