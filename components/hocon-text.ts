/** Writes trees as HOCON: the same text for the same settings, whatever their order and comments were. */
import { hoconJson } from "./hocon-json";
import { emptyObject, isHoconObject, type HoconObject, type HoconValue } from "./hocon-tree";

/** EMQX's scanner takes a string that ends in a backslash and the next one of the line for one. */
const BREAKS_LINE = /\n|\\"$/;

/** What EMQX's scanner takes for a name without quotes. */
const PLAIN_NAME = /^(?!(true|false|null|include|required)$)[A-Za-z][\w-]*$/;

/** Typed configuration as a tree; JSON is HOCON. */
export function hoconOf(value: unknown): HoconValue {
  if (Array.isArray(value)) return value.map(hoconOf);
  if (typeof value !== "object" || value === null) return hoconJson(value);
  const object = emptyObject();
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) object[key] = hoconOf(item);
  }
  return object;
}

/** One setting with its key, for example `mqtt {\n  max_packet_size = 1MB\n}`. */
export function settingText(key: string, value: HoconValue, indent = ""): string {
  const name = PLAIN_NAME.test(key) ? key : JSON.stringify(key);
  const assigns = isHoconObject(value) ? " " : " = ";
  return `${indent}${name}${assigns}${valueText(value, indent)}`;
}

/** A value alone, keys sorted. */
export function valueText(value: HoconValue, indent = ""): string {
  if (typeof value === "string") return value;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => valueText(item, inner));
    if (value.every((item) => typeof item === "string" && !BREAKS_LINE.test(item))) {
      return `[${items.join(", ")}]`;
    }
    return `[\n${items.map((item) => `${inner}${item}`).join(",\n")}\n${indent}]`;
  }
  const settings = sorted(value).map(([key, item]) => settingText(key, item, inner));
  return settings.length === 0 ? "{}" : `{\n${settings.join("\n")}\n${indent}}`;
}

/** Settings by their dotted path; a list is one setting. */
export function flattenHocon(value: HoconValue, path: string): Map<string, string> {
  const settings = new Map<string, string>();
  const visit = (item: HoconValue, at: string): void => {
    if (isHoconObject(item) && Object.keys(item).length > 0) {
      for (const [key, next] of sorted(item)) visit(next, `${at}.${key}`);
    } else settings.set(at, valueText(item));
  };
  visit(value, path);
  return settings;
}

const sorted = (object: HoconObject): [string, HoconValue][] =>
  Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
