import { isObject } from "../shape";

/**
 * Whether an object lost or changed anything that was applied. Fields that others add, such as
 * defaults and foreign labels, are theirs.
 */
export function driftOf(applied: unknown, live: unknown): boolean {
  if (Array.isArray(applied)) {
    return (
      !Array.isArray(live) ||
      live.length !== applied.length ||
      applied.some((item, index) => driftOf(item, live[index]))
    );
  }
  if (isObject(applied)) {
    return (
      !isObject(live) || Object.entries(applied).some(([key, value]) => driftOf(value, live[key]))
    );
  }
  return applied !== live;
}
