import type { Conditions, Held } from "./types";

/** Remembers since when each condition has held without a gap. */
export class Stopwatch {
  private since = new Map<string, number>();

  update(conditions: Conditions, now: number): Held {
    const since = new Map<string, number>();
    const held: Held = {};
    for (const [name, holds] of Object.entries(conditions)) {
      if (!holds) continue;
      const start = this.since.get(name) ?? now;
      since.set(name, start);
      held[name] = now - start;
    }
    this.since = since;
    return held;
  }
}
