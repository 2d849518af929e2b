/** What earlier rollouts took. */
import type { Phase, RolloutEntry, RolloutRecord } from "./types";

/** How many of the newest rollouts are looked at. */
const RECENT = 5;

/**
 * Seconds that these phases took, in the recent rollouts that had the needed one: the lower
 * median, since a run that was killed counts the time until somebody went on.
 */
export function measured(
  record: RolloutRecord,
  phases: Phase[],
  needed: Phase,
): number | undefined {
  const entries = record.current ? [record.current, ...record.history] : record.history;
  const seconds = (entry: RolloutEntry, wanted: Phase[]) =>
    entry.phases
      .filter(({ name }) => wanted.includes(name))
      .reduce((sum, phase) => sum + (phase.seconds ?? 0), 0);
  const samples = entries
    .filter(({ phase, kind }) => phase === "Done" && (kind === "create" || kind === "blue-green"))
    .filter((entry) => seconds(entry, [needed]) > 0)
    .slice(0, RECENT)
    .map((entry) => seconds(entry, phases))
    .sort((a, b) => a - b);
  return samples[Math.floor((samples.length - 1) / 2)];
}
