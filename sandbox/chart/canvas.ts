import type { LineRole as Role } from "./lines";

const BRAILLE = 0x2800;
/** Bit of the dot in column x and row y of a Braille cell. */
const BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** A plot of Braille cells: 2 by 4 dots a character. */
export class Canvas {
  private readonly dots: Uint8Array;
  private readonly roles: (Role | undefined)[];

  constructor(
    private readonly columns: number,
    private readonly height: number,
  ) {
    this.dots = new Uint8Array(columns * height);
    this.roles = new Array<Role | undefined>(columns * height);
  }

  /** Draws a line through points given in dots. */
  line(points: { x: number; y: number }[], role: Role): void {
    points.forEach((point, i) => {
      const before = points[i - 1] ?? point;
      const steps = Math.max(1, Math.abs(point.x - before.x), Math.abs(point.y - before.y));
      for (let step = 0; step <= steps; step += 1) {
        const part = step / steps;
        const x = before.x + (point.x - before.x) * part;
        const y = before.y + (point.y - before.y) * part;
        this.dot(Math.round(x), Math.round(y), role);
      }
    });
  }

  /** The rows as text, runs of one role passed through `paint`. */
  rows(paint: (text: string, role: Role | undefined) => string): string[] {
    return Array.from({ length: this.height }, (_, y) => {
      let row = "";
      let run = "";
      let role: Role | undefined;
      for (let x = 0; x < this.columns; x += 1) {
        const cell = y * this.columns + x;
        if (this.roles[cell] !== role) {
          row += paint(run, role);
          run = "";
          role = this.roles[cell];
        }
        const dots = this.dots[cell] ?? 0;
        run += dots === 0 ? " " : String.fromCharCode(BRAILLE + dots);
      }
      return (row + paint(run, role)).trimEnd();
    });
  }

  private dot(x: number, y: number, role: Role): void {
    const column = x >> 1;
    const row = y >> 2;
    if (column < 0 || column >= this.columns || row < 0 || row >= this.height) return;
    const cell = row * this.columns + column;
    this.dots[cell] = (this.dots[cell] ?? 0) | (BITS[y & 3]?.[x & 1] ?? 0);
    this.roles[cell] = role;
  }
}
