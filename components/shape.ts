/**
 * Combinators that describe the shape of arguments. A rule collects every problem instead of
 * stopping at the first, and is silent about values that Pulumi does not know yet.
 */
import { UNKNOWN } from "./unknown";

export interface Problem {
  /** Path such as `updateStrategy.evacuationStrategy.connEvictRate`. */
  property: string;
  reason: string;
}

export type Rule = (value: unknown, path: string, problems: Problem[]) => void;

const absent = (value: unknown) => value === undefined || value === null || value === UNKNOWN;

function got(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `\`${String(value)}\``;
}

function rule(expected: string, holds: (value: unknown) => boolean, secret = false): Rule {
  return (value, path, problems) => {
    if (absent(value) || holds(value)) return;
    const seen = secret ? "something else (not shown, it is a secret)" : got(value);
    problems.push({
      property: path,
      reason: `Expected \`${path}\` to be ${expected}, got ${seen}.`,
    });
  };
}

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
  (v) => (typeof v === "number" && Number.isInteger(v) && v >= 0) || /^\d{1,3}%$/.test(String(v)),
);

/** A piece of Kubernetes API that the API server judges. */
export const fragment: Rule = rule("an object", isObject);

export function list(item: Rule): Rule {
  const isList = rule("a list", Array.isArray);
  return (value, path, problems) => {
    isList(value, path, problems);
    if (Array.isArray(value)) value.forEach((v, i) => item(v, `${path}[${i}]`, problems));
  };
}

/** An object of free keys. */
export function record(item: Rule): Rule {
  return (value, path, problems) => {
    fragment(value, path, problems);
    if (!isObject(value)) return;
    for (const [key, v] of Object.entries(value))
      item(v, `${path}[${JSON.stringify(key)}]`, problems);
  };
}

export function all(...rules: Rule[]): Rule {
  return (value, path, problems) => rules.forEach((each) => each(value, path, problems));
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
  return (value, path, problems) => {
    fragment(value, path || "args", problems);
    if (!isObject(value)) return;
    const at = (key: string) => (path ? `${path}.${key}` : key);
    for (const key of required) {
      if (value[key] !== undefined && value[key] !== null) continue;
      problems.push({
        property: at(key),
        reason: `Expected \`${at(key)}\` to be set, got nothing.`,
      });
    }
    for (const [key, v] of Object.entries(value)) {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (check) check(v, at(key), problems);
      else if (v !== undefined) problems.push(unknownField(at(key), fields));
    }
  };
}

function unknownField(path: string, fields: Record<string, Rule>): Problem {
  const known = Object.keys(fields).filter((key) => !refusals.has(fields[key] ?? flag));
  const where = path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "the arguments";
  const reason = `Unknown field \`${path}\`. Fields of ${where}: ${known.join(", ")}.`;
  return { property: path, reason };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
