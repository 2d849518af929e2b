/** Declared settings against what EMQX reports (`GET /configs`). Pure. */
import { HIDDEN, isHarmless } from "./config-harmless";
import { hotKeys } from "./config-roots";
import { scalarOf } from "./hocon-scalar";
import { isHoconObject, readHocon, type HoconObject, type HoconValue } from "./hocon-tree";
import { isObject } from "./shape";
import type { ConfigDrift } from "./rollout/types";

/** What EMQX shows instead of a secret. */
const MASKED = /^\*+$/;

/**
 * Maps of things that people create: there an absent key means that one was deleted. Elsewhere EMQX
 * may call a setting by a newer name, and absence means nothing.
 */
const NAMED = /^(connectors|actions|sources|bridges|rule_engine\.rules)\./;

/**
 * The hot settings of `hocon` that EMQX shows otherwise; only what is declared is looked at.
 * `found` is the JSON of `GET /configs`. Values that could be secret are hidden.
 */
export function driftOf(hocon: string, found: unknown): ConfigDrift[] {
  const drifts: ConfigDrift[] = [];
  for (const [key, text] of hotKeys({ data: hocon })) {
    const declared = valueOf(text);
    const actual = lookUp(found, key);
    if (declared === undefined || agree(declared, actual)) continue;
    if (actual === undefined && !NAMED.test(key)) continue;
    const shown = actual === undefined ? "(absent)" : textOf(actual);
    const harmless = isHarmless(key, text) && isHarmless(key, shown);
    drifts.push({
      key,
      declared: harmless ? text : HIDDEN,
      found: harmless || actual === undefined ? shown : HIDDEN,
    });
  }
  return drifts;
}

function valueOf(text: string): HoconValue | undefined {
  const reading = readHocon(`v = ${text}`);
  return "tree" in reading ? reading.tree.v : undefined;
}

function lookUp(found: unknown, path: string): unknown {
  // A name in a path may contain dots itself, so the longest key that fits is taken at each step.
  if (path === "") return found;
  if (Array.isArray(found)) {
    const [index = "", ...rest] = path.split(".");
    return lookUp(found[Number(index) - 1], rest.join("."));
  }
  if (!isObject(found)) return undefined;
  for (let end = path.length; end > 0; end = path.lastIndexOf(".", end - 1)) {
    const key = path.slice(0, end);
    if (Object.hasOwn(found, key)) return lookUp(found[key], path.slice(end + 1));
  }
  return undefined;
}

/** Everything that is declared is so in what was found; more may be there, such as defaults. */
function agree(declared: HoconValue, found: unknown): boolean {
  if (typeof found === "string" && MASKED.test(found)) return true;
  if (isHoconObject(declared)) return isObject(found) && objectsAgree(declared, found);
  if (!Array.isArray(declared)) return scalarsAgree(declared, found);
  if (!Array.isArray(found))
    return typeof found === "string" && scalarsAgree(joined(declared), found);
  return (
    declared.length === found.length && declared.every((item, index) => agree(item, found[index]))
  );
}

function objectsAgree(declared: HoconObject, found: Record<string, unknown>): boolean {
  return Object.entries(declared).every(
    ([key, value]) => !Object.hasOwn(found, key) || agree(value, found[key]),
  );
}

function scalarsAgree(declared: string, found: unknown): boolean {
  const actual = Array.isArray(found) ? found.map(String).join(",") : found;
  if (actual === null) return ["null", "undefined"].includes(declared);
  if (typeof actual === "object" || actual === undefined) return false;
  return scalarOf(declared) === scalarOf(JSON.stringify(actual));
}

const joined = (items: HoconValue[]): string => JSON.stringify(items.map(String).join(","));

const textOf = (found: unknown): string =>
  typeof found === "string" ? found : (JSON.stringify(found) ?? "");
