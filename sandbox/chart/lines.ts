import type { Report, TimelinePoint } from "../measure/report";

/** What a line stands for; the colours of the cores are shades of their replicants'. */
export type LineRole = "total" | "blue" | "green" | "blue-core" | "green-core";

/** One line of the picture. */
export interface Line {
  role: LineRole;
  /** What the legend says. */
  label: string;
  valueAt: (point: TimelinePoint) => number;
}

/**
 * The total on top, the old set that falls and the new one that rises; with replicants also their
 * cores, which serve no clients.
 */
export function linesOf({ sets, coreSets, from, to }: Report): Line[] {
  const line = (role: LineRole, set: string, what: string): Line => ({
    role,
    label: `${set} (${what})`,
    valueAt: ({ bySet }) => bySet[set] ?? 0,
  });
  const isMoved = sets.blue !== sets.green;
  return [
    { role: "total", label: "Total", valueAt: ({ total }) => total },
    ...(isMoved ? [line("blue", sets.blue, `old, ${from}`)] : []),
    line("green", sets.green, isMoved ? `new, ${to}` : to),
    ...(coreSets && coreSets.blue !== coreSets.green
      ? [line("blue-core", coreSets.blue, "old cores")]
      : []),
    ...(coreSets ? [line("green-core", coreSets.green, "cores")] : []),
  ];
}

/** Whether a line is that of cores behind replicants. */
export function isCoreLine({ role }: Line): boolean {
  return role.endsWith("-core");
}
