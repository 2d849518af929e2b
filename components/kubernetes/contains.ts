/** Whether everything in `wanted` is in `found` too; what is undefined is not wanted. */
export function contains(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return found === wanted;
  if (typeof found !== "object" || found === null) return false;
  const held = found as Record<string, unknown>;
  return Object.entries(wanted)
    .filter(([, value]) => value !== undefined)
    .every(([key, value]) => contains(held[key], value));
}
