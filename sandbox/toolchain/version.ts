/** The first `1.2.3` in a text, as numbers; undefined when there is none. `1.2` counts as 1.2.0. */
export function parseVersion(text: string): [number, number, number] | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (!found) return undefined;
  return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
}

/** Negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function compareVersions(a: [number, number, number], b: [number, number, number]): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
