import type { ConfigValue } from "../hocon";
import { isObject } from "../hocon";
import { parseDuration, parseSize } from "../units";

/** What EMQX's schema check says about one value (`emqx_hocon:compact_errors`). */
export interface ConfigProblem {
  kind: "validation_error";
  path: string;
  reason: unknown;
  value?: ConfigValue;
  [more: string]: unknown;
}

/** Checks a value at a path. */
export type ConfigType = (value: ConfigValue, path: string) => ConfigProblem[];

/** Anything goes: parts of the configuration that the simulator doesn't look into. */
export const anything: ConfigType = () => [];

export const text: ConfigType = (value, path) =>
  typeof value === "object" ? [problem(path, { expected: "string()" }, value)] : [];

export const flag: ConfigType = (value, path) =>
  /^(true|false)$/.test(String(value)) ? [] : [problem(path, { expected: "boolean()" }, value)];

export const duration: ConfigType = (value, path) => {
  const valid =
    whole(value) !== undefined || (typeof value === "string" && parseDuration(value) !== undefined);
  return valid ? [] : [problem(path, "Not a valid duration", value)];
};

export const bytesize: ConfigType = (value, path) => {
  const valid = typeof value === "string" || typeof value === "number";
  if (valid && parseSize(String(value)) !== undefined) return [];
  return [problem(path, "Not a valid bytesize", value)];
};

/** A share as `80%` or `0.8`. */
export const percent: ConfigType = (value, path) => {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(String(value));
  const share = match ? Number(match[1]) / (match[2] ? 100 : 1) : 2;
  return share <= 1 ? [] : [problem(path, value, value)];
};

/** A listener's address: a port, or host and port. */
export const bind: ConfigType = (value, path) =>
  /^([^\s]*:)?\d{1,5}$/.test(String(value)) ? [] : [problem(path, "bad_host_port", value)];

/** A number of any kind. */
export const number: ConfigType = (value, path) =>
  Number.isFinite(Number(value)) && value !== ""
    ? []
    : [problem(path, { expected: "number()" }, value)];

/** A whole number from `min` to `max`. */
export function integer(min: number, max = Infinity): ConfigType {
  const range = `${min}..${max === Infinity ? "inf" : max}`;
  const plain = ["non_neg_integer()", "pos_integer()"][min];
  const expected = max === Infinity && plain !== undefined ? plain : range;
  return (value, path) => {
    const given = whole(value);
    const fits = given !== undefined && given >= min && given <= max;
    return fits ? [] : [problem(path, { expected }, value)];
  };
}

/** One of several words. */
export function oneOf(...words: string[]): ConfigType {
  return (value, path) =>
    words.includes(String(value)) ? [] : [problem(path, "unable_to_convert_to_enum_symbol", value)];
}

/** A word, or a value of another type. */
export function either(word: string, other: ConfigType): ConfigType {
  return (value, path) => {
    if (value === word) return [];
    const [mismatch] = other(value, path);
    if (!mismatch) return [];
    const { reason } = mismatch;
    const more = { mismatches: { [word]: { reason: "not_equal" }, other: { reason } } };
    return [{ ...problem(path, "matched_no_union_member", value), ...more }];
  };
}

export function listOf(item: ConfigType): ConfigType {
  return (value, path) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => item(entry, `${path}.${index + 1}`))
      : [problem(path, "not_array", value)];
}

/** An object with any keys. */
export function mapOf(item: ConfigType): ConfigType {
  return (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, entry]) => item(entry, `${path}.${key}`))
      : [problem(path, "bad_value_for_map", value)];
}

/** An object with these keys only. */
export function struct(fields: Record<string, ConfigType>): ConfigType {
  return (value, path) => {
    if (!isObject(value)) return [problem(path, "bad_value_for_struct", value)];
    const unknown = Object.keys(value).filter((key) => !Object.hasOwn(fields, key));
    if (unknown.length > 0) {
      const unmatched = Object.keys(fields)
        .filter((key) => !Object.hasOwn(value, key))
        .sort();
      const shown = unmatched.slice(0, 2).join(",") + (unmatched.length > 2 ? ",..." : "");
      const { kind, reason } = problem(path, "unknown_fields");
      return [{ kind, path, reason, unknown: unknown.sort().join(","), unmatched: shown }];
    }
    return Object.entries(value).flatMap(([key, entry]) =>
      entry === null ? [] : (fields[key]?.(entry, `${path}.${key}`) ?? []),
    );
  };
}

function problem(path: string, reason: unknown, value?: ConfigValue): ConfigProblem {
  return { kind: "validation_error", path, reason, ...(value === undefined ? {} : { value }) };
}

function whole(value: ConfigValue): number | undefined {
  const given = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof given === "number" && Number.isInteger(given) ? given : undefined;
}
