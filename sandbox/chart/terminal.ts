import type { PhaseFigure, Report } from "../measure/report";
import { Canvas } from "./canvas";
import { isCoreLine, linesOf, type Line } from "./lines";
import { clock, thousands, ticks, timeTicks } from "./scale";

export interface TerminalOptions {
  /** Columns of the whole picture. */
  width: number;
  /** Rows of the plot without axis and legend. */
  height: number;
  /** ANSI colours; only for a terminal. */
  colours: boolean;
}

const ANSI = {
  total: "1;37",
  blue: "34",
  green: "32",
  "blue-core": "36",
  "green-core": "92",
  dim: "90",
};

/** Connections over time as text: a line of Braille dots each for the total and both sets. */
export function terminalChart(report: Report, options: TerminalOptions): string {
  const { timeline, phases } = report;
  const { width, height } = options;
  const paint = (text: string, code: string): string =>
    options.colours && text.trim() !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;
  const lines = linesOf(report);
  const most = Math.max(report.clients, ...timeline.map(({ total }) => total));
  const marks = ticks(most, Math.max(2, Math.floor(height / 4)));
  const top = most * 1.05;
  const margin = Math.max(...marks.map((mark) => thousands(mark).length)) + 1;
  const columns = width - margin - 2;
  const from = Math.min(0, timeline[0]?.t ?? 0);
  const to = Math.max(1, timeline.at(-1)?.t ?? 1);
  const column = (t: number): number => Math.round(((t - from) / (to - from)) * (columns - 1));

  const canvas = new Canvas(columns, height);
  // The total is drawn last: where lines meet, its colour is the one that shows.
  for (const line of [...lines].reverse()) {
    const dots = timeline.map((point) => ({
      x: ((point.t - from) / (to - from)) * (columns * 2 - 1),
      y: (1 - line.valueAt(point) / top) * (height * 4 - 1),
    }));
    canvas.line(dots, line.role);
  }
  const rowOf = (value: number): number => Math.round((1 - value / top) * (height * 4 - 1)) >> 2;
  const labels = new Map(marks.map((mark) => [rowOf(mark), thousands(mark)]));
  const rows = canvas.rows((text, role) => paint(text, role ? ANSI[role] : ANSI.dim));
  const plot = rows.map((row, i) => {
    const label = labels.get(i);
    return (
      paint((label ?? "").padStart(margin), ANSI.dim) + paint(label ? " ┤" : " │", ANSI.dim) + row
    );
  });

  const axis = Array.from({ length: columns }, () => "─");
  const times = Array.from({ length: columns + 6 }, () => " ");
  for (const t of timeTicks(from, to, columns / 10)) {
    axis[column(t)] = "┬";
    [...clock(t)].forEach((char, i) => (times[column(t) + i] = char));
  }
  const left = " ".repeat(margin + 2);
  const legend = (shown: Line[]): string =>
    shown.map(({ label, role }) => paint(`━━ ${label}`, ANSI[role])).join("   ");
  const cores = lines.filter(isCoreLine);
  return [
    `${left}${paint("Connected clients", "1")}   ${legend(lines.filter((l) => !isCoreLine(l)))}`,
    ...(cores.length > 0 ? [`${left}${legend(cores)}`] : []),
    "",
    ...plot,
    paint(`${" ".repeat(margin)} └${axis.join("")}`, ANSI.dim),
    paint(`${left}${times.join("").trimEnd()}`, ANSI.dim),
    left + paint(phaseRow(phases, columns, column), ANSI.dim),
  ].join("\n");
}

/** The phases under the time axis; a name that does not fit is cut, and listed in the table. */
function phaseRow(phases: PhaseFigure[], columns: number, column: (t: number) => number): string {
  const row = Array.from({ length: columns }, () => " ");
  for (const { name, start, seconds } of phases) {
    const first = Math.max(0, column(start));
    const room = Math.min(columns, column(start + seconds)) - first;
    if (room < 2) continue;
    const text = name.length > room - 2 ? name.slice(0, Math.max(0, room - 2)) : name;
    [..."╰", ..."─".repeat(room - 2), "╯"].forEach((char, i) => (row[first + i] = char));
    const at = first + 1 + Math.floor((room - 2 - text.length) / 2);
    [...text].forEach((char, i) => (row[at + i] = char));
  }
  return row.join("").trimEnd();
}
