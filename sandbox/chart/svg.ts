import type { Report } from "../measure/report";
import { escape } from "./escape";
import { isCoreLine, linesOf, type Line } from "./lines";
import { phaseBands } from "./phase-bands";
import { clock, thousands, ticks, timeTicks } from "./scale";

const WIDTH = 1080;
const HEIGHT = 480;
const PLOT = { left: 64, top: 52, right: WIDTH - 16, bottom: HEIGHT - 48 };

/** More points than this cannot be told apart in the picture. */
const MAX_POINTS = 2000;

/** The picture of an upgrade: connections over time, total and per set, on the phases' bands. */
export function svgChart(report: Report): string {
  const { timeline, phases } = report;
  const most = Math.max(report.clients, ...timeline.map(({ total }) => total));
  const top = most * 1.06;
  const from = Math.min(0, timeline[0]?.t ?? 0);
  const to = Math.max(1, timeline.at(-1)?.t ?? 1);
  const x = (t: number): number =>
    PLOT.left + ((Math.min(to, t) - from) / (to - from)) * (PLOT.right - PLOT.left);
  const y = (value: number): number => PLOT.bottom - (value / top) * (PLOT.bottom - PLOT.top);

  const grid = ticks(most, 5).map(
    (value) =>
      `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${n(y(value))}" y2="${n(y(value))}"/>` +
      `<text class="tick" x="${PLOT.left - 10}" y="${n(y(value) + 4)}" text-anchor="end">${thousands(value)}</text>`,
  );
  const times = timeTicks(from, to, 12).map(
    (t) =>
      `<line class="mark" x1="${n(x(t))}" x2="${n(x(t))}" y1="${PLOT.bottom}" y2="${PLOT.bottom + 5}"/>` +
      `<text class="tick" x="${n(x(t))}" y="${PLOT.bottom + 20}" text-anchor="middle">${clock(t)}</text>`,
  );
  const lines = linesOf(report);
  const pathOf = ({ valueAt }: Line): string =>
    thin(timeline)
      .map((point, i) => `${i === 0 ? "M" : "L"}${n(x(point.t))} ${n(y(valueAt(point)))}`)
      .join("");
  const areas = lines
    .filter((line) => line.role !== "total" && !isCoreLine(line))
    .map((line) => {
      const close = `L${n(x(to))} ${PLOT.bottom}L${n(x(from))} ${PLOT.bottom}Z`;
      return `<path class="area ${line.role}" d="${pathOf(line)}${close}"/>`;
    });
  // The total is drawn last, so that it stays visible where a set's line meets it.
  const strokes = [...lines]
    .reverse()
    .map((line) => `<path class="line ${line.role}" d="${pathOf(line)}"/>`);
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="picture">`,
    `<title id="picture">${escape(`Connected clients during the upgrade from ${report.from} to ${report.to}`)}</title>`,
    ...phaseBands(phases, { x, top: PLOT.top, bottom: PLOT.bottom }),
    ...grid,
    ...times,
    ...areas,
    ...strokes,
    `<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>`,
    `<text class="axis-label" x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">time since the command (min:s)</text>`,
    `<text class="axis-label" transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle">connected clients</text>`,
    "</svg>",
  ].join("\n");
}

function thin<T>(points: T[]): T[] {
  const every = Math.ceil(points.length / MAX_POINTS);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
