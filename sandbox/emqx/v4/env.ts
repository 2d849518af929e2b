/** One node's settings by their 4.x names, such as `listener.tcp.external`. */
export type V4Config = ReadonlyMap<string, string>;

/**
 * The settings in the env, as the image's entrypoint makes them: `EMQX_A__B` sets `a.b`, its value is plain text and
 * an empty one takes the setting away.
 */
export function v4ConfigFromEnv(env: NodeJS.ProcessEnv): V4Config {
  const config = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("EMQX_") || value === undefined) continue;
    config.set(name.slice("EMQX_".length).toLowerCase().replaceAll("__", "."), value.trim());
  }
  return config;
}

/** A setting's text; undefined when it is absent or taken away. */
export function textOf(config: V4Config, key: string): string | undefined {
  return config.get(key) || undefined;
}

/** A listener's port: `1883` or `0.0.0.0:1883`; undefined when the env takes the listener away. */
export function listenerPortOf(
  config: V4Config,
  key: string,
  fallback: number,
): number | undefined {
  const text = config.get(key);
  if (text === undefined) return fallback;
  if (text === "") return undefined;
  const port = Number(/^(?:.*:)?(\d{1,5})$/.exec(text)?.[1]);
  if (!(port >= 1 && port <= 65_535)) throw invalid(key, "a port or address:port", text);
  return port;
}

/** A setting that must be a whole number. */
export function integerOf(config: V4Config, key: string, fallback: number): number {
  const text = textOf(config, key);
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text)) throw invalid(key, "a whole number", text);
  return Number(text);
}

/** What 4.4 says, and ends with, when a setting can't be read. */
export function invalid(key: string, expected: string, got: string): Error {
  return new Error(`Error transforming datatype for: ${key}, expected ${expected}, got "${got}"`);
}
