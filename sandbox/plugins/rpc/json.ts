/** A JSON value as it travels in a protobuf Struct. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object; absent and `undefined` mean the same. */
export interface JsonObject {
  [key: string]: Json | undefined;
}

/** True for a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of keys, `undefined` as soon as a step is missing. */
export function at(value: Json | undefined, ...keys: string[]): Json | undefined {
  return keys.reduce<Json | undefined>(
    (current, key) => (isObject(current) ? current[key] : undefined),
    value,
  );
}

/** The string at a path of keys; any other type counts as missing. */
export function textAt(value: Json | undefined, ...keys: string[]): string | undefined {
  const found = at(value, ...keys);
  return typeof found === "string" ? found : undefined;
}

/** The object at a path of keys, or an empty one. */
export function objectAt(value: Json | undefined, ...keys: string[]): JsonObject {
  const found = at(value, ...keys);
  return isObject(found) ? found : {};
}

/** The list at a path of keys, or an empty one. */
export function listAt(value: Json | undefined, ...keys: string[]): Json[] {
  const found = at(value, ...keys);
  return Array.isArray(found) ? found : [];
}

/** Structural equality; keys with `undefined` count as absent. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (isObject(left) && isObject(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].every((key) => sameJson(left[key], right[key]));
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, i) => sameJson(item, right[i]));
  }
  return left === right;
}

/** A deep copy without `undefined`, which a protobuf Struct cannot carry. */
export function cleanCopy(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
