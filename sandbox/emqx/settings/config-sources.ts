import { existsSync, readFileSync } from "node:fs";
import type { ConfigObject, ConfigValue } from "./hocon";
import { isObject, mergeConfig, parseHocon, parseHoconValue } from "./hocon";

/** Where one node's configuration comes from, lowest priority first (facts/emqx-api.md section 4). */
export interface ConfigSources {
  base: ConfigObject;
  /** Runtime changes, the same on all nodes of a cluster. */
  cluster: ConfigObject;
  file: ConfigObject;
  env: ConfigObject;
}

/** Reads a configuration file; a missing file is empty, as for EMQX. */
export function readConfigFile(path: string): ConfigObject {
  if (!existsSync(path)) return {};
  try {
    return parseHocon(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`ERROR: cannot parse ${path}: ${(error as Error).message}`);
  }
}

/** `EMQX_A__B=value` overrides `a.b`; the value is HOCON. */
export function configFromEnv(env: NodeJS.ProcessEnv): ConfigObject {
  let result: ConfigObject = {};
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("EMQX_") || !name.includes("__") || text === undefined) continue;
    const path = name.slice("EMQX_".length).toLowerCase().split("__");
    const nested = path.reduceRight<ConfigValue>(
      (inner, key) => ({ [key]: inner }),
      parseHoconValue(text),
    );
    result = mergeConfig(result, nested as ConfigObject);
  }
  return result;
}

/** The effective configuration. */
export function effectiveConfig(sources: ConfigSources): ConfigObject {
  return [sources.cluster, sources.file, sources.env].reduce(mergeConfig, sources.base);
}

/** The value at a dotted path. */
export function configAt(config: ConfigObject, path: string): ConfigValue | undefined {
  let here: ConfigValue | undefined = config;
  for (const key of path.split(".")) {
    if (!isObject(here)) return undefined;
    here = here[key];
  }
  return here;
}
