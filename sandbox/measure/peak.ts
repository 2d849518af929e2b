/** Most events within any window of `milliseconds`; times in any order. */
export function peakWithin(times: number[], milliseconds: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let peak = 0;
  let first = 0;
  sorted.forEach((time, last) => {
    while (time - (sorted[first] ?? time) >= milliseconds) first += 1;
    peak = Math.max(peak, last - first + 1);
  });
  return peak;
}
