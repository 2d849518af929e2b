/**
 * Combinators that describe the shape of arguments. A rule collects every problem instead of
 * stopping at the first, and is silent about values that Pulumi does not know yet.
 */
import { pathTo } from "./plain";
import { shown } from "./shown";
import { UNKNOWN } from "./unknown";

export interface Problem {
  /** Path such as `updateStrategy.evacuationStrategy.connEvictRate`. */
  property: string;
  reason: string;
}

/** `hide` keeps values out of the messages; a rule passes it on to the rules within. */
export type Rule = (value: unknown, path: string, problems: Problem[], hide?: boolean) => void;

const absent = (value: unknown) => value === undefined || value === null || value === UNKNOWN;

function got(value: unknown, hide: boolean): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  return hide ? "something else (not shown, it is a secret)" : `\`${shown(String(value))}\``;
}

function rule(expected: string, holds: (value: unknown) => boolean, secretValue = false): Rule {
  return (value, path, problems, hide = false) => {
    if (absent(value) || holds(value)) return;
    problems.push({
      property: path,
      reason: `Expected \`${path}\` to be ${expected}, got ${got(value, hide || secretValue)}.`,
    });
  };
}

/** The value, and all values in it, may be secret: messages do not show them. */
export const secret =
  (inner: Rule): Rule =>
  (value, path, problems) =>
    inner(value, path, problems, true);

/** Within `secret`: this value is none. */
export const open =
  (inner: Rule): Rule =>
  (value, path, problems) =>
    inner(value, path, problems, false);

/** A string, optionally of a pattern that `expected` describes. */
export function text(
  expected = "a string that is not empty",
  pattern = /^[^]+$/,
  options: { secret?: boolean } = {},
): Rule {
  return rule(expected, (v) => typeof v === "string" && pattern.test(v), options.secret);
}

/** An integer of at least `min`, at most `max`. */
export function integer(min: number, max = 2 ** 31 - 1): Rule {
  const upper = max === 2 ** 31 - 1 ? `of at least ${min}` : `from ${min} to ${max}`;
  return rule(
    `an integer ${upper}`,
    (v) => typeof v === "number" && Number.isInteger(v) && v >= min && v <= max,
  );
}

/** A part of a whole. */
export const share: Rule = rule(
  "a number from 0 to 1",
  (v) => typeof v === "number" && v >= 0 && v <= 1,
);

export const flag: Rule = rule("true or false", (v) => typeof v === "boolean");

export function oneOf(...choices: string[]): Rule {
  const list = choices.map((choice) => `"${choice}"`).join(" or ");
  return rule(list, (v) => typeof v === "string" && choices.includes(v));
}

/** An integer or a percentage, as Kubernetes' IntOrString in budgets. */
export const intOrPercent: Rule = rule(
  "an integer or a percentage such as `50%`",
  (v) =>
    (typeof v === "number" && Number.isInteger(v) && v >= 0 && v < 2 ** 31) ||
    (typeof v === "string" && /^(\d{1,2}|100)%$/.test(v)),
);

/** A piece of Kubernetes API that the API server judges. */
export const fragment: Rule = rule("an object", isObject);

export function list(item: Rule): Rule {
  const isList = rule("a list", Array.isArray);
  return (value, path, problems, hide) => {
    isList(value, path, problems, hide);
    if (!Array.isArray(value)) return;
    value.forEach((v, i) => {
      if (v === undefined || v === null) problems.push(missing(`${path}[${i}]`));
      else item(v, `${path}[${i}]`, problems, hide);
    });
  };
}

/** An object of free keys. */
export function record(item: Rule): Rule {
  return (value, path, problems, hide) => {
    fragment(value, path, problems, hide);
    if (!isObject(value)) return;
    for (const [key, v] of Object.entries(value)) {
      const at = `${path}["${shown(key)}"]`;
      if (v === null) problems.push(missing(at));
      else item(v, at, problems, hide);
    }
  };
}

export function all(...rules: Rule[]): Rule {
  return (value, path, problems, hide) =>
    rules.forEach((each) => each(value, path, problems, hide));
}

/** A field that is known but not accepted, with the reason. */
export function refused(reason: string): Rule {
  const refuse: Rule = (value, path, problems) => {
    if (value === undefined || value === null) return;
    problems.push({ property: path, reason: `\`${path}\` cannot be set: ${reason}` });
  };
  refusals.add(refuse);
  return refuse;
}

/** Rules that no value passes, so that their fields are not offered. */
const refusals = new WeakSet<Rule>();

/** An object of exactly these fields. */
export function object(fields: Record<string, Rule>, required: string[] = []): Rule {
  return (value, path, problems, hide) => {
    fragment(value, path || "args", problems, hide);
    if (!isObject(value)) return;
    requireFields(value, path, required, problems);
    for (const [key, v] of Object.entries(value)) {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (check) check(v, pathTo(path, key), problems, hide);
      else if (v !== undefined) problems.push(unknownField(path, key, fields));
    }
  };
}

/** A piece of Kubernetes API of which some fields are judged here, since they meet with ours. */
export function fragmentOf(fields: Record<string, Rule>, required: string[] = []): Rule {
  return (value, path, problems, hide) => {
    fragment(value, path, problems, hide);
    if (!isObject(value)) return;
    requireFields(value, path, required, problems);
    for (const [key, check] of Object.entries(fields)) {
      if (Object.hasOwn(value, key)) check(value[key], pathTo(path, key), problems, hide);
    }
  };
}

function requireFields(
  value: Record<string, unknown>,
  path: string,
  required: string[],
  problems: Problem[],
): void {
  for (const key of required) {
    if (Object.hasOwn(value, key) && value[key] !== undefined && value[key] !== null) continue;
    problems.push(missing(pathTo(path, key)));
  }
}

const missing = (path: string): Problem => ({
  property: path,
  reason: `Expected \`${path}\` to be set, got nothing.`,
});

function unknownField(parent: string, key: string, fields: Record<string, Rule>): Problem {
  const path = pathTo(parent, key);
  const known = Object.keys(fields).filter((each) => !refusals.has(fields[each] ?? flag));
  const reason = `Unknown field \`${path}\`. Fields of ${parent || "the arguments"}: ${known.join(", ")}.`;
  return { property: path, reason };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
