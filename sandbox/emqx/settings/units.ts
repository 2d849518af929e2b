import type { ConfigValue } from "./hocon";

const MILLISECONDS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a duration such as `"2h"` or `"1m30s"`; undefined when it isn't one. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/i.test(text)) return undefined;
  let total = 0;
  for (const match of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/gi)) {
    total += Number(match[1]) * (MILLISECONDS[(match[2] ?? "s").toLowerCase()] ?? 0);
  }
  return total;
}

/** A duration setting in milliseconds; bare numbers are milliseconds, as in EMQX's `duration_ms`. */
export function durationSetting(value: ConfigValue | undefined, fallback: number): number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? (parseDuration(value) ?? fallback) : fallback;
}

/** Bytes of a size such as `"1MB"` or `"512"`; undefined when it isn't one. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)(KB|MB|GB)?$/i.exec(text);
  if (!match) return undefined;
  const unit = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[(match[2] ?? "").toUpperCase()] ?? 1;
  return Number(match[1]) * unit;
}

/** A size setting in bytes, such as `"1MB"`. */
export function sizeSetting(value: ConfigValue | undefined, fallback: number): number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? (parseSize(value) ?? fallback) : fallback;
}
