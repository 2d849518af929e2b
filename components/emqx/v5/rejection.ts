/** EMQX's reasons for refusing a configuration, as people read them and without any value of it. */
import { redact } from "../../rollout/redact";
import { asArray, asObject, asString, type Json } from "../read";

/** Shorter values would be found in every word. */
const SHORTEST_SECRET = 4;

// `password = "x"`, `"api_key": x`; JSON is HOCON, so quotes may be around both.
const SECRET_SETTING =
  /(?<![\w.-])[\w.-]{0,100}?(?:passw(?:or)?d|passphrase|secret|cookie|token|credential|licen[sc]e|authorization|key)[\w.-]{0,100}["']?\s{0,100}[=:]\s{0,100}("""[\s\S]*?"""|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,}\]]+)/gi;

/**
 * One line a reason. EMQX has three shapes for them: by root (`{errors: {root: ...}}`), as text, and
 * JSON inside the string `message`.
 */
export function reasonsIn(body: unknown): string[] {
  const fields = asObject(body);
  return reasons(fields?.errors ?? fields?.message, "");
}

/** `text` without what `hocon` gives to settings whose names are those of secrets. */
export function hideValuesOf(hocon: string, text: string): string {
  const values = [...hocon.matchAll(SECRET_SETTING)]
    .map(([, value = ""]) => value.replace(/^"+|"+$/g, ""))
    .filter((value) => value.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return values.reduce((left, value) => left.replaceAll(value, "[hidden]"), redact(text));
}

function reasons(value: unknown, at: string): string[] {
  const text = asString(value);
  if (text !== undefined) return ofText(text, at);
  const list = asArray(value);
  if (list) return list.flatMap((each) => reasons(each, at));
  const fields = asObject(value);
  if (!fields) return [];
  if ("reason" in fields || "kind" in fields) return [ofError(fields, at)];
  return Object.entries(fields).flatMap(([key, each]) => reasons(each, key));
}

function ofText(text: string, at: string): string[] {
  if (text.startsWith("{")) {
    try {
      const inner = reasons(JSON.parse(text), at);
      if (inner.length > 0) return inner;
    } catch {
      // An Erlang term: its tag says what is wrong, the rest may be a value.
      return [located(at, /^\{+'?(\w+)/.exec(text)?.[1] ?? "refused")];
    }
  }
  return [located(at, text)];
}

/** `path`, `reason` and what was expected or unknown; never `value`. */
function ofError(fields: Json, at: string): string {
  const where = asString(fields.path) ?? at;
  const line = typeof fields.line === "number" ? ` in line ${fields.line}` : "";
  const reason = asObject(fields.reason);
  const why = reason
    ? expectation(reason)
    : [asString(fields.reason) ?? asString(fields.kind) ?? "refused", expectation(fields)]
        .filter((part) => part)
        .join(", ");
  const kind = fields.type === "parse_error" ? `cannot be parsed${line}: ` : "";
  return located(where, `${kind}${why || "refused"}`);
}

function expectation(fields: Json): string {
  const expected =
    asString(fields.expected) ??
    asString(fields.expected_type) ??
    asString(fields.expected_data_type);
  const unknown = asString(fields.unknown);
  return [expected && `expected ${expected}`, unknown && `unknown ${unknown}`]
    .filter((part) => part)
    .join(", ");
}

/** On one line: some reasons of EMQX are several. */
function located(path: string, why: string): string {
  const text = why.replace(/\s+/g, " ").trim();
  return path === "" ? text : `${path}: ${text}`;
}
