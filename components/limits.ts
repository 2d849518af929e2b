/**
 * What a configuration must keep to before EMQX sees it. EMQX is the judge of its content, but it
 * speaks only when a node starts or on the running cluster; these mistakes show at preview.
 */
import type { ConfigInput } from "./config-roots";
import { emqxConf } from "./emqx-conf";
import { bracketProblem } from "./hocon-brackets";
import { unreadableIn } from "./hocon-json";
import { pathTo } from "./plain";
import { isObject, type Problem } from "./shape";
import { hasUnknown } from "./unknown";

/** Kubernetes refuses a ConfigMap above 1 MiB, names and quoting included. */
const MAX_BYTES = 1_000_000;
/** Levels; EMQX's own schema has less than 20. */
const MAX_DEPTH = 64;

/**
 * Strings, those that do not end, comments, brackets, line ends. A string that does not end is one
 * token too: to try each of its quotes would take time with the square of the length.
 */
const TOKEN =
  /"""[^]*?"""+|(?<open>""")|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|(?<line>"[^"\\\n]*(?:\\.[^"\\\n]*)*)|(?:#|\/\/)[^\n]*|[{}[\],\n]|[^\s"#/{}[\],]+|./g;

/** `include = 1` is a setting, `include "file"` is not. */
const DIRECTIVE = /^include\s*("|(file|url|classpath|required)\s*\()/;

/** The first problem of `{ data, roots }`; undefined when there is none. */
export function limitProblem(config: unknown): Problem | undefined {
  if (!isObject(config)) return undefined;
  const { data, roots } = config;
  const property = "config.data";
  const text = typeof data === "string" && !hasUnknown(data) ? data : undefined;
  if (!hasUnknown(config)) {
    const bytes = Buffer.byteLength(emqxConf(config as ConfigInput));
    if (bytes > MAX_BYTES) {
      const what = isObject(roots) ? "`config.data` and `config.roots`" : "`config.data`";
      const reason =
        `Expected ${what} to have at most ${MAX_BYTES} bytes, got ${bytes}: they are kept in a ` +
        "ConfigMap, which Kubernetes limits to 1 MiB. Move large parts such as certificates to " +
        "Secrets and mount these by `coreTemplate.spec.extraVolumes`.";
      return { property: text === undefined ? "config.roots" : property, reason };
    }
  }
  if (text !== undefined) {
    const reason = textProblem(text);
    if (reason !== undefined) return { property, reason };
  }
  return rootsProblem(roots);
}

function textProblem(text: string): string | undefined {
  const found = scan(text);
  if (found.openString !== undefined) {
    return `Expected every string of \`config.data\` to end, got a \`"\` in line ${found.openString} without its partner.`;
  }
  const bracket = bracketProblem(text);
  if (bracket !== undefined) {
    return `Expected every bracket of \`config.data\` to have its partner, got ${bracket}.`;
  }
  if (found.include !== undefined) {
    return (
      `Expected \`config.data\` to be complete, got an \`include\` in line ${found.include}: the pods have no other ` +
      "file, and a change of one would pass unnoticed. Put its content there instead."
    );
  }
  if (found.deep !== undefined) {
    return `Expected \`config.data\` to be nested at most ${MAX_DEPTH} levels deep, got more in line ${found.deep}.`;
  }
  return undefined;
}

/** Lines of the first finds. */
interface Finds {
  openString?: number;
  include?: number;
  deep?: number;
}

function scan(text: string): Finds {
  const finds: Finds = {};
  let line = 1;
  let depth = 0;
  // A setting starts at the beginning, after a line end, a comma or an opening bracket.
  let starts = true;
  for (const { 0: token, index, groups } of text.matchAll(TOKEN)) {
    if (groups?.open ?? groups?.line) finds.openString ??= line;
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    if (depth > MAX_DEPTH) finds.deep ??= line;
    if (token === "include" && starts && DIRECTIVE.test(text.slice(index, index + 50))) {
      finds.include ??= line;
    }
    if (/^[{,\n]$/.test(token)) starts = true;
    else if (!/^\s$/.test(token)) starts = false;
    line += token.split("\n").length - 1;
  }
  return finds;
}

function rootsProblem(roots: unknown): Problem | undefined {
  if (!isObject(roots)) return undefined;
  for (const [root, value] of Object.entries(roots)) {
    if (depthOf(value) < MAX_DEPTH) continue;
    const property = pathTo("config.roots", root);
    const reason = `Expected \`${property}\` to be nested at most ${MAX_DEPTH} levels deep, got more.`;
    return { property, reason };
  }
  return unreadableIn(roots, "config.roots");
}

/** Levels of a JSON value, counted no further than necessary. */
function depthOf(value: unknown, at = 0): number {
  if (typeof value !== "object" || value === null || at >= MAX_DEPTH) return at;
  return Object.values(value).reduce<number>(
    (deepest, item) => Math.max(deepest, depthOf(item, at + 1)),
    at,
  );
}
