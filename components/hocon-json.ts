/**
 * JSON as EMQX's HOCON reads it. Its scanner knows no float without a fraction (`1e+21`), no `\u`
 * escape, and no line separator in a string (github.com/emqx/hocon, src/hocon_scanner.xrl).
 */
import { pathTo } from "./plain";
import { isObject, type Problem } from "./shape";

// Strings are passed over as a whole.
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?=e[-+]?\d)/g;

/** Text of a JSON value; `undefined` is `null`. */
export function hoconJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value ?? null, null, indent);
  return json.replace(TOKEN, (token) => (token.startsWith('"') ? token : `${token}.0`));
}

/** Those that JSON writes as `\u....`: all but `\b`, `\t`, `\n`, `\f` and `\r`. */
const UNREADABLE = /(?![\b\t\n\f\r\u007f-\u009f])[\p{Cc}\u2028\u2029]/u;

/** A quote or backslash in a name would end it elsewhere for EMQX. */
const NAME = /^[^"\\\p{Cc}\u2028\u2029]+$/u;

/** The first name or string of typed configuration that EMQX would read as something else. */
export function unreadableIn(value: unknown, path: string): Problem | undefined {
  if (typeof value === "string") {
    if (!UNREADABLE.test(value)) return undefined;
    const reason = `Expected \`${path}\` to be text without control characters and line separators (U+2028, U+2029), got one: EMQX's HOCON has no way to write them.`;
    return { property: path, reason };
  }
  if (Array.isArray(value)) {
    return first(value.entries(), ([index, item]) => unreadableIn(item, `${path}[${index}]`));
  }
  if (!isObject(value)) return undefined;
  return first(Object.entries(value), ([key, item]) => {
    const at = pathTo(path, key);
    if (NAME.test(key)) return unreadableIn(item, at);
    const reason = `Expected \`${at}\` to have a name without quote, backslash and control characters, got another: EMQX's HOCON would end it elsewhere.`;
    return { property: at, reason };
  });
}

function first<T, R>(items: Iterable<T>, find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
