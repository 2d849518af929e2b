/** Readers for answers of EMQX: a value of another type than expected reads as undefined, never as a crash. */

export type Json = Record<string, unknown>;

export const asObject = (value: unknown): Json | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;

export const asArray = (value: unknown): unknown[] | undefined =>
  Array.isArray(value) ? (value as unknown[]) : undefined;

export const asString = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

/** A count: a finite number, not negative. */
export const asCount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;

export const asStrings = (value: unknown): string[] | undefined =>
  asArray(value)?.filter((each): each is string => typeof each === "string");
