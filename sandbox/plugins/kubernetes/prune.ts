import { isObject, type Json, type JsonObject } from "../rpc/json";

/**
 * The part of the live object that the program speaks about: maps by key, lists by index. What
 * others added, e.g. a Service's selector, drops out and never shows as a difference.
 */
export function prune(live: JsonObject, inputs: JsonObject): JsonObject {
  const pruned: JsonObject = {};
  for (const [key, value] of Object.entries(live)) {
    const wanted = inputs[key];
    if (value === undefined || wanted === undefined) continue;
    const kept = pruneValue(value, wanted);
    if (kept !== undefined) pruned[key] = kept;
  }
  return pruned;
}

function pruneValue(value: Json, wanted: Json): Json | undefined {
  if (isObject(value) && isObject(wanted)) {
    const kept = prune(value, wanted);
    return Object.keys(kept).length > 0 ? kept : undefined;
  }
  if (Array.isArray(value) && Array.isArray(wanted)) {
    const kept = value
      .slice(0, wanted.length)
      .map((item, i) => pruneValue(item, wanted[i] ?? null))
      .filter((item) => item !== undefined);
    return kept.length > 0 ? kept : undefined;
  }
  return value;
}
