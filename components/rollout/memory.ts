/** What a run remembers of its own looks, for facts that need time: never across runs. */
import { RETURN_MILLISECONDS, type Past } from "./returns";
import type { Observation } from "./types";

/** Keeps the observations of the last 20 s or so. */
export class Memory {
  private looks: { at: number; observation: Observation }[] = [];

  add(observation: Observation, at: number): void {
    this.looks.push({ at, observation });
    // The oldest that is kept is the newest of those that are old enough.
    while ((this.looks[1]?.at ?? Infinity) <= at - 2 * RETURN_MILLISECONDS) this.looks.shift();
  }

  /** Undefined until there are two looks, one of them old enough. */
  past(now: number): Past | undefined {
    const recent = this.looks.findLast(({ at }) => at <= now - RETURN_MILLISECONDS);
    const older = this.looks[0];
    if (!recent || !older || recent === older) return undefined;
    return { recent: recent.observation, older: older.observation };
  }

  /** After a gap in the evacuation the looks before it prove nothing about what follows. */
  forget(): void {
    this.looks = [];
  }
}
