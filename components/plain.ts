/**
 * What arguments may consist of, before any rule looks at them: data that survives the way through
 * Pulumi, JSON and Kubernetes. Whatever else is in them is named by its path; nothing here recurses
 * without a limit, so that no argument can hang or crash the program.
 */
import { types } from "node:util";
import { shown } from "./shown";
import type { Problem } from "./shape";
import { UNKNOWN } from "./unknown";

/** Levels of the arguments together; EMQX's configuration is a few levels below and has 64 of its own. */
const MAX_DEPTH = 100;
/** Values, counted as often as they are written out: shared parts would grow without a limit. */
const MAX_VALUES = 200_000;
/** Characters of one string; Kubernetes keeps no object above 1.5 MB. */
const MAX_TEXT = 4_000_000;

/** Names by which JavaScript or Pulumi's SDK would take the value for something else, or lose it. */
const RESERVED = /^(__proto__|__pulumi.*|4dabf18193072939515e22adb298388d)$/;

const LONE_SURROGATE = /\p{Cs}/u;

export interface PlainProblems {
  problems: Problem[];
  /** The structure is finite, so that rules may walk through it. */
  sound: boolean;
}

/** Outputs and promises are left out: their values are judged when they are known. */
export function plainProblems(args: unknown): PlainProblems {
  const walk = new Walk();
  const sound = walk.visit(args, "", []);
  return { problems: walk.problems, sound };
}

/** A value of Pulumi that is known later. */
export const isLater = (value: unknown): boolean =>
  value instanceof Promise ||
  (typeof value === "object" &&
    value !== null &&
    (value as Record<string, unknown>).__pulumiOutput === true &&
    typeof (value as Record<string, unknown>).apply === "function");

/** The path of a field in an object at `path`. */
export const pathTo = (path: string, key: string): string => {
  if (!/^[A-Za-z_]\w{0,99}$/.test(key)) return `${path}["${shown(key)}"]`;
  return path === "" ? key : `${path}.${key}`;
};

class Walk {
  readonly problems: Problem[] = [];
  private values = 0;

  /** False when the structure is none that could be walked through. */
  visit(value: unknown, path: string, above: object[]): boolean {
    this.values += 1;
    if (this.values > MAX_VALUES) {
      return this.refuse(path, `to be among at most ${MAX_VALUES} values, got more`);
    }
    if (value === UNKNOWN || isLater(value)) return true;
    if (typeof value !== "object" || value === null) {
      const reason = scalarProblem(value);
      if (reason !== undefined) this.refuse(path, reason);
      return true;
    }
    if (above.includes(value)) {
      return this.refuse(path, "to be plain data, got an object that contains itself");
    }
    if (above.length >= MAX_DEPTH) {
      const field = path.slice(0, 80);
      return this.refuse(field, `to be nested at most ${MAX_DEPTH} levels deep, got more`);
    }
    const foreign = foreignName(value);
    if (foreign !== undefined) {
      this.refuse(path, `to be plain data, got ${foreign}`);
      return true;
    }
    return this.inside(value, path, [...above, value]);
  }

  private inside(value: object, path: string, above: object[]): boolean {
    if (Array.isArray(value)) {
      return value.every((item, index) => this.visit(item, `${path}[${index}]`, above));
    }
    return Object.keys(value).every((key) => {
      const at = pathTo(path, key);
      if (RESERVED.test(key)) {
        this.refuse(at, "to have another name: JavaScript and Pulumi use this one themselves");
        return true;
      }
      const reason = scalarProblem(key);
      if (reason !== undefined) this.refuse(at, reason.replace("to be", "to have a name that is"));
      return this.visit((value as Record<string, unknown>)[key], at, above);
    });
  }

  private refuse(property: string, reason: string): false {
    const field = property || "args";
    this.problems.push({ property: field, reason: `Expected \`${field}\` ${reason}.` });
    return false;
  }
}

function scalarProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : `to be a finite number, got \`${value}\``;
    case "string":
      if (value.length > MAX_TEXT) {
        return `to be of at most ${MAX_TEXT} characters, got ${value.length}`;
      }
      if (value.includes("\0")) return "to be text without the character NUL, got one with it";
      return LONE_SURROGATE.test(value)
        ? "to be valid Unicode, got half of a surrogate pair"
        : undefined;
    case "function":
    case "symbol":
    case "bigint":
      return `to be plain data, got a ${typeof value}`;
    default:
      return undefined;
  }
}

/** What JSON would turn into something else without a word. */
function foreignName(value: object): string | undefined {
  if ((value as Record<string, unknown>).__pulumiResource === true) {
    return "a resource; give one of its outputs";
  }
  if (types.isDate(value)) return "a Date";
  if (types.isMap(value)) return "a Map";
  if (types.isSet(value)) return "a Set";
  if (types.isRegExp(value)) return "a regular expression";
  if (types.isNativeError(value)) return "an Error";
  if (types.isBoxedPrimitive(value)) return "a boxed value";
  if (types.isArrayBufferView(value) || types.isAnyArrayBuffer(value)) return "binary data";
  return undefined;
}
