/** The cells of the resume matrix: every failpoint that a change gets to, times every victim. */
import { VICTIMS, type Victim } from "./strike";

export interface Cell {
  change: string;
  point: string;
  victim: Victim;
}

/** What a change does, by the places of its failpoints. */
export type Places = Record<string, readonly string[]>;

/** All cells of these changes; `filter` keeps those whose name holds all words of one of its alternatives (`|`). */
export function cellsOf(changes: Places, filter = ""): Cell[] {
  const alternatives = filter.split("|").map((words) => words.split(/\s+/).filter(Boolean));
  const isWanted = (cell: Cell) =>
    alternatives.some((words) => words.every((word) => nameOf(cell).includes(word)));
  return Object.entries(changes).flatMap(([change, places]) =>
    places
      .flatMap((place) => [`before:${place}`, `after:${place}`])
      .flatMap((point) => VICTIMS.map((victim) => ({ change, point, victim })))
      .filter(isWanted),
  );
}

export const nameOf = ({ change, point, victim }: Cell): string =>
  `${change}: ${victim} killed at ${point}`;

/** Failpoints that no change gets to. */
export function pointsWithout(changes: Places, points: readonly string[]): string[] {
  const places = new Set(Object.values(changes).flat());
  return points.filter((point) => !places.has(point.split(":")[1] ?? ""));
}

export type Verdict = { seconds: number } | { failed: string };

/** One line a change and point, one column a victim: seconds from the kill to the end, or FAILED. */
export function table(results: ReadonlyMap<Cell, Verdict>): string {
  const lines = new Map<string, string[]>();
  for (const [{ change, point, victim }, verdict] of results) {
    const key = `${change.padEnd(10)} ${point}`;
    const line = lines.get(key) ?? VICTIMS.map(() => "-");
    line[VICTIMS.indexOf(victim)] =
      "seconds" in verdict ? `${verdict.seconds.toFixed(0)} s` : "FAILED";
    lines.set(key, line);
  }
  const row = (title: string, columns: readonly string[]) =>
    [title.padEnd(40), ...columns.map((column) => column.padStart(10))].join("");
  return [row("seconds from kill to Done", VICTIMS), ...[...lines].map(([k, v]) => row(k, v))].join(
    "\n",
  );
}
