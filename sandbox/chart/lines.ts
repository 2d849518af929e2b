import type { Report, TimelinePoint } from "../measure/report";

/** One line of the picture. */
export interface Line {
  role: "total" | "blue" | "green";
  /** What the legend says. */
  label: string;
  valueAt: (point: TimelinePoint) => number;
}

/** The three lines: the total on top, the old set that falls, the new one that rises. */
export function linesOf({ sets, from, to }: Report): Line[] {
  return [
    { role: "total", label: "Total", valueAt: ({ total }) => total },
    {
      role: "blue",
      label: `${sets.blue} (old, ${from})`,
      valueAt: ({ bySet }) => bySet[sets.blue] ?? 0,
    },
    {
      role: "green",
      label: `${sets.green} (new, ${to})`,
      valueAt: ({ bySet }) => bySet[sets.green] ?? 0,
    },
  ];
}
