/** Text of a JSON value that does not depend on key order or on how emptiness is written. */
export function canonical(value: unknown): string {
  return JSON.stringify(prune(value)) ?? "null";
}

/** Sorts keys and drops `undefined`, `null`, `{}` and `[]` inside objects: they all mean "not set". */
function prune(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    return value.map((item) => prune(item) ?? null);
  }
  if (typeof value !== "object") return value;
  const entries = Object.entries(value)
    .map(([key, item]): [string, unknown] => [key, prune(item)])
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  // A null prototype keeps a key such as `__proto__` an ordinary one.
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, item] of entries) result[key] = item;
  return entries.length === 0 ? undefined : result;
}
