import { isObject, type Json } from "../rpc/json";
import type { PropertyPath } from "./property-path";

/** One difference between what is and what should be. */
export interface Change {
  path: PropertyPath;
  kind: "add" | "delete" | "update";
}

/** Leaf differences; a whole map or list that appears or goes is one change. */
export function changes(
  old: Json | undefined,
  wanted: Json | undefined,
  path: PropertyPath = [],
): Change[] {
  if (isEmpty(old) && isEmpty(wanted)) return [];
  if (isMissing(old)) return [{ path, kind: "add" }];
  if (isMissing(wanted)) return [{ path, kind: "delete" }];
  if (isObject(old) && isObject(wanted)) {
    return [...new Set([...Object.keys(old), ...Object.keys(wanted)])].flatMap((key) =>
      changes(old[key], wanted[key], [...path, key]),
    );
  }
  if (Array.isArray(old) && Array.isArray(wanted)) {
    return Array.from({ length: Math.max(old.length, wanted.length) }).flatMap((_, i) =>
      changes(old[i], wanted[i], [...path, i]),
    );
  }
  return old === wanted ? [] : [{ path, kind: "update" }];
}

function isMissing(value: Json | undefined): boolean {
  return value === undefined || value === null;
}

/** The API server drops empty maps, so `labels: {}` is no difference; an empty list is one. */
function isEmpty(value: Json | undefined): boolean {
  return isMissing(value) || (isObject(value) && Object.values(value).every(isMissing));
}
