import type { Conditions, Held } from "./types";

/** Milliseconds between two looks of which more is not believed: what nobody saw did not hold. */
export const UNSEEN = 5_000;

/** Remembers for how long each condition has held without a gap, as far as somebody looked. */
export class Stopwatch {
  private held = new Map<string, number>();
  private last?: number;

  update(conditions: Conditions, now: number): Held {
    const passed = Math.min(Math.max(0, now - (this.last ?? now)), UNSEEN);
    const held = new Map<string, number>();
    for (const [name, holds] of Object.entries(conditions)) {
      if (!holds) continue;
      const before = this.held.get(name);
      held.set(name, before === undefined ? 0 : before + passed);
    }
    this.held = held;
    this.last = now;
    return Object.fromEntries(held);
  }
}
