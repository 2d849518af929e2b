import type { PhaseFigure } from "../measure/report";

interface Frame {
  x: (t: number) => number;
  top: number;
  bottom: number;
}

/** Narrower bands are left to the table: nobody would see which one a name belongs to. */
const NARROWEST = 3;
/** Pixels that one character of a label takes. */
const CHARACTER = 6.6;

/** Bands behind the plot, each with its phase's name above; names that would collide move up. */
export function phaseBands(phases: PhaseFigure[], { x, top, bottom }: Frame): string[] {
  const rowEnds = [-Infinity, -Infinity, -Infinity];
  const widthOf = ({ start, seconds }: PhaseFigure): number => x(start + seconds) - x(start);
  const wide = phases.filter((phase) => widthOf(phase) >= NARROWEST);
  return wide.flatMap((phase, i) => {
    const { name, start, seconds } = phase;
    const left = x(start);
    const width = widthOf(phase);
    const centre = left + width / 2;
    const half = (name.length * CHARACTER) / 2;
    const row = Math.max(
      0,
      rowEnds.findIndex((end) => end < centre - half),
    );
    rowEnds[row] = centre + half + 8;
    const y = top - 9 - row * 15;
    return [
      `<rect class="band b${i % 2}" x="${left.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${bottom - top}">` +
        `<title>${name}: ${seconds.toFixed(1)} s</title></rect>`,
      ...(row > 0
        ? [
            `<line class="leader" x1="${centre.toFixed(1)}" x2="${centre.toFixed(1)}" y1="${y + 3}" y2="${top}"/>`,
          ]
        : []),
      `<text class="phase" x="${centre.toFixed(1)}" y="${y}" text-anchor="middle">${name}</text>`,
    ];
  });
}
