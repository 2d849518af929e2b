/** EMQX's settings from all the places that a user can write them to, as paths and text. */
import { scanHocon, type Settings } from "./hocon";
import { isObject } from "./shape";

export interface ConfigSources {
  /** `{ data, roots }` of the arguments. */
  config?: unknown;
  /** Environment of the EMQX container. */
  env?: unknown;
}

/** EMQX's own order: text, then roots (they come later in the file), then environment. */
export function scanConfig({ config, env }: ConfigSources): Settings {
  const source = isObject(config) ? config : {};
  const settings = typeof source.data === "string" ? scanHocon(source.data) : new Map();
  flatten(source.roots, [], settings);
  for (const entry of Array.isArray(env) ? env : []) {
    if (!isObject(entry) || typeof entry.name !== "string" || typeof entry.value !== "string") {
      continue;
    }
    if (!entry.name.startsWith("EMQX_")) continue;
    const path = entry.name.slice("EMQX_".length).split("__").join(".").toLowerCase();
    settings.set(path, entry.value.replace(/^"(.*)"$/, "$1"));
  }
  return settings;
}

function flatten(value: unknown, path: string[], settings: Settings): void {
  if (isObject(value)) {
    for (const [key, v] of Object.entries(value))
      flatten(v, [...path, key.toLowerCase()], settings);
  } else if (path.length > 0 && !Array.isArray(value) && value !== undefined && value !== null) {
    settings.set(path.join("."), String(value));
  }
}
