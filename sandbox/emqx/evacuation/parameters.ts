import { parseDuration } from "../settings/units";

/** What an evacuation is started with, defaults applied. */
export interface EvacuationParameters {
  /** Seconds. */
  waitHealthCheck: number;
  /** Connections a tick. */
  connEvictRate: number;
  /** Sessions a tick. */
  sessEvictRate: number;
  /** Seconds. */
  waitTakeover: number;
  /** Undefined means all other running nodes. */
  migrateTo: string[] | undefined;
}

/** What EMQX uses for fields that are absent or null. */
export const EVACUATION_DEFAULTS: EvacuationParameters = {
  waitHealthCheck: 60,
  connEvictRate: 500,
  sessEvictRate: 500,
  waitTakeover: 60,
  migrateTo: undefined,
};

/** A body that EMQX's schema refuses, with the message it answers. */
export class InvalidParameters extends Error {}

interface FieldError {
  value: unknown;
  reason: unknown;
  path: string;
  kind: "validation_error";
}

type Checked = { value: number | string[] | undefined } | { reason: unknown; shown?: unknown };

const FIELDS: Record<string, (value: unknown) => Checked> = {
  conn_evict_rate: positiveInteger,
  migrate_to: nodeNames,
  redirect_to: redirect,
  sess_evict_rate: positiveInteger,
  wait_health_check: duration,
  wait_takeover: duration,
};

const FIELDS_OF_5_0 = Object.fromEntries(
  Object.entries(FIELDS).filter(([name]) => name !== "wait_health_check"),
);

/**
 * Checks the body of evacuation/start as EMQX's schema does (facts/emqx-observed/s1a).
 * @param healthCheck false for 5.0, which has no `wait_health_check` and evicts at once
 */
export function parseParameters(body: unknown, healthCheck = true): EvacuationParameters {
  const fields = healthCheck ? FIELDS : FIELDS_OF_5_0;
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid([fieldError(body, "bad_value_for_struct", "root")]);
  }
  const given: Record<string, unknown> = { ...body };
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(fields, key));
  if (unknown.length > 0) {
    const unmatched = Object.keys(fields).filter((field) => !Object.hasOwn(given, field));
    const shown = unmatched.slice(0, 2).join(",") + (unmatched.length > 2 ? ",..." : "");
    const error = { unmatched: shown, unknown: unknown.sort().join(","), reason: "unknown_fields" };
    throw new InvalidParameters(
      JSON.stringify({ ...error, path: "root", kind: "validation_error" }),
    );
  }
  const errors: FieldError[] = [];
  const values: Record<string, number | string[] | undefined> = {};
  for (const [field, check] of Object.entries(fields)) {
    const value = given[field] ?? undefined;
    if (value === undefined) continue;
    const result = check(value);
    if ("reason" in result) {
      errors.push(fieldError(result.shown ?? value, result.reason, `root.${field}`));
    } else values[field] = result.value;
  }
  if (errors.length > 0) throw invalid(errors);
  return {
    waitHealthCheck: asNumber(
      values.wait_health_check,
      healthCheck ? EVACUATION_DEFAULTS.waitHealthCheck : 0,
    ),
    connEvictRate: asNumber(values.conn_evict_rate, EVACUATION_DEFAULTS.connEvictRate),
    sessEvictRate: asNumber(values.sess_evict_rate, EVACUATION_DEFAULTS.sessEvictRate),
    waitTakeover: asNumber(values.wait_takeover, EVACUATION_DEFAULTS.waitTakeover),
    migrateTo: Array.isArray(values.migrate_to) ? values.migrate_to : undefined,
  };
}

function asNumber(value: number | string[] | undefined, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}

function fieldError(value: unknown, reason: unknown, path: string): FieldError {
  return { value, reason, path, kind: "validation_error" };
}

function invalid(errors: FieldError[]): InvalidParameters {
  return new InvalidParameters(JSON.stringify(errors.length === 1 ? errors[0] : errors));
}

function integer(value: unknown): number | undefined {
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : undefined;
}

function positiveInteger(value: unknown): Checked {
  const number = integer(value);
  return number !== undefined && number >= 1
    ? { value: number }
    : { reason: { expected: "pos_integer()" } };
}

function duration(value: unknown): Checked {
  const seconds = integer(value);
  if (seconds !== undefined && seconds >= 0) return { value: seconds };
  if (typeof value === "string" && seconds === undefined) {
    const milliseconds = parseDuration(value);
    if (milliseconds === undefined) return { reason: "Not a valid duration" };
    return { value: Math.ceil(milliseconds / 1000) };
  }
  return { reason: { expected: "emqx_schema:timeout_duration_s()" } };
}

function nodeNames(value: unknown): Checked {
  const expected = { expected: "[binary(),...]" };
  if (typeof value === "string" && value.includes("@")) {
    return { reason: "Unable to parse Erlang term" };
  }
  if (!Array.isArray(value) || value.length === 0) return { reason: expected };
  if (value.every((item) => typeof item === "number")) {
    // Erlang takes a list of numbers for a string.
    return { reason: expected, shown: String.fromCharCode(...value) };
  }
  const names = value.filter((item) => typeof item === "string");
  return names.length === value.length ? { value: names } : { reason: expected };
}

function redirect(value: unknown): Checked {
  const accepted = typeof value === "string" || typeof value === "number";
  return accepted ? { value: undefined } : { reason: { expected: "binary()" } };
}
