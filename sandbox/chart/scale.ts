/** Round numbers from 0 to `most` at the highest, about `wanted` steps. */
export function ticks(most: number, wanted: number): number[] {
  const raw = Math.max(most, 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= raw) ?? raw;
  const count = Math.floor(Math.max(most, 1) / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

/** Marks of a time axis in seconds, within `from` and `to`. */
export function timeTicks(from: number, to: number, wanted: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  const step = steps.find((n) => (to - from) / n <= wanted) ?? 3600;
  const marks: number[] = [];
  // Adding 0 turns -0 into 0.
  for (let n = Math.ceil(from / step); n * step <= to; n += 1) marks.push(n * step + 0);
  return marks;
}

/** `1:05` for 65 seconds; `-0:05` before the start. */
export function clock(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  return seconds < 0 && whole > 0 ? `-${text}` : text;
}

export function thousands(value: number): string {
  return value.toLocaleString("en-US");
}
