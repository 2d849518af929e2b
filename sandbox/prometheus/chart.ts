/** The documents' picture, drawn from Prometheus' answers: connections per node and set, and in all. */
import { escape } from "../chart/escape";
import { clock, thousands, ticks, timeTicks } from "../chart/scale";
import type { Range } from "./api";

const WIDTH = 1080;
const HEIGHT = 540;
const PLOT = { left: 64, top: 56, right: WIDTH - 20, bottom: HEIGHT - 132 };

/** Colours of the nodes of the old and of the new set, darkest first; the total is drawn in ink. */
const COLOURS = {
  old: ["#1d4f9e", "#2b6fd6", "#62a0ff", "#9cc4ff"],
  new: ["#0f6b38", "#1c9a55", "#45cf86", "#93e3b8"],
};

export interface ChartOptions {
  title: string;
  /** What was asked, as the caption shows it. */
  query: string;
  /** Series of single nodes, with the labels `instance_set` and `pod`. */
  nodes: Range[];
  total: Range;
  /** Epoch seconds: the picture's left edge, its zero and its right edge. */
  start: number;
  zero: number;
  end: number;
}

interface Curve {
  label: string;
  colour: string;
  width: number;
  points: Range["points"];
}

/** One SVG file that needs nothing else, light and dark. */
export function prometheusChart(options: ChartOptions): string {
  const { start, end, zero, title, query } = options;
  const curves = curvesOf(options);
  const most = Math.max(1, ...curves.flatMap(({ points }) => points.map(({ value }) => value)));
  const x = (time: number): number =>
    PLOT.left + ((time - start) / Math.max(1, end - start)) * (PLOT.right - PLOT.left);
  const y = (value: number): number =>
    PLOT.bottom - (value / (most * 1.06)) * (PLOT.bottom - PLOT.top);
  const grid = ticks(most, 5).map(
    (value) =>
      `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${n(y(value))}" y2="${n(y(value))}"/>` +
      `<text x="${PLOT.left - 10}" y="${n(y(value) + 4)}" text-anchor="end">${thousands(value)}</text>`,
  );
  const times = timeTicks(start - zero, end - zero, 12).map(
    (t) =>
      `<line class="axis" x1="${n(x(zero + t))}" x2="${n(x(zero + t))}" y1="${PLOT.bottom}" y2="${PLOT.bottom + 5}"/>` +
      `<text x="${n(x(zero + t))}" y="${PLOT.bottom + 20}" text-anchor="middle">${clock(t)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">`,
    `<title id="title">${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="head" x="${PLOT.left}" y="26">${escape(title)}</text>`,
    `<text class="query" x="${PLOT.left}" y="44">${escape(query)}</text>`,
    ...grid,
    ...times,
    ...curves.map((curve) => strokeOf(curve, x, y)),
    `<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>`,
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 38}" text-anchor="middle">time since the command (min:s)</text>`,
    ...legend(curves),
    "</svg>",
    "",
  ].join("\n");
}

/** Nodes of the set that is there first are blue, the others green; the total comes first. */
function curvesOf({ nodes, total }: ChartOptions): Curve[] {
  const firstSeen = new Map<string, number>();
  for (const { labels, points } of nodes) {
    const set = labels.instance_set ?? "";
    const seen = points[0]?.time ?? Infinity;
    firstSeen.set(set, Math.min(seen, firstSeen.get(set) ?? Infinity));
  }
  const sets = [...firstSeen].sort(([, a], [, b]) => a - b).map(([set]) => set);
  const curves = sets.flatMap((set, age) =>
    nodes
      .filter(({ labels }) => (labels.instance_set ?? "") === set)
      .sort((a, b) => ((a.labels.pod ?? "") < (b.labels.pod ?? "") ? -1 : 1))
      .map(({ labels, points }, index) => {
        const colours = age === 0 ? COLOURS.old : COLOURS.new;
        const colour = colours[index % colours.length] ?? "";
        return { label: labels.pod ?? set, colour, width: 1.8, points };
      }),
  );
  return [{ label: "Total", colour: "var(--ink)", width: 2.6, points: total.points }, ...curves];
}

/** Broken where samples are missing, as Prometheus' own graph is. */
function strokeOf(
  { colour, width, points }: Curve,
  x: (time: number) => number,
  y: (value: number) => number,
): string {
  const step = Math.min(...points.slice(1).map(({ time }, i) => time - (points[i]?.time ?? 0)));
  const path = points.map(({ time, value }, i) => {
    const before = points[i - 1]?.time;
    const joined = before !== undefined && time - before <= step * 1.5;
    return `${joined ? "L" : "M"}${n(x(time))} ${n(y(value))}`;
  });
  return `<path fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round" d="${path.join("")}"/>`;
}

/** Three columns under the plot. */
function legend(curves: Curve[]): string[] {
  return curves.map(({ label, colour, width }, index) => {
    const left = PLOT.left + (index % 3) * 330;
    const top = PLOT.bottom + 64 + Math.floor(index / 3) * 20;
    return (
      `<line x1="${left}" x2="${left + 24}" y1="${top - 4}" y2="${top - 4}" stroke="${colour}" stroke-width="${width + 1}"/>` +
      `<text x="${left + 32}" y="${top}">${escape(label)}</text>`
    );
  });
}

const n = (value: number): string => String(Math.round(value * 10) / 10);

const STYLE = `
:root { --ink: #1c2430; --soft: #626d7c; --rule: #e2e6ec; --page: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #97a3b4; --rule: #2c3542; --page: #191f28; }
}
text { fill: var(--soft); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.head { fill: var(--ink); font-size: 16px; font-weight: 600; }
.query { font-family: ui-monospace, Menlo, "DejaVu Sans Mono", monospace; font-size: 11px; }
.page { fill: var(--page); } .grid { stroke: var(--rule); } .axis { stroke: var(--soft); }
`;
