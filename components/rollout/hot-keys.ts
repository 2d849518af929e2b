/** The hot settings one by one: what the state keeps of them, and what changed since. Pure. */
import { createHash } from "node:crypto";
import { HIDDEN, isHarmless } from "../config-harmless";
import { hotKeys, splitConfig, takesConfigLive } from "../config-roots";
import { scanConfig } from "../config-scan";
import { scalarOf } from "../hocon-scalar";
import type { Change } from "./changes";
import type { RolloutInputs } from "./inputs";
import type { ConfigDrift } from "./types";

/** What is kept of a setting. */
export interface HotKey {
  digest: string;
  /** As written; absent when it could be secret. */
  value?: string;
  /** An environment variable of the pods wins over it at their start, so that EMQX may show either value. */
  shadowed?: boolean;
}

type Configured = Pick<RolloutInputs, "config" | "coreTemplate" | "image">;

/** By path in EMQX's configuration, such as `mqtt.max_packet_size`. */
export type HotKeys = Record<string, HotKey>;

/**
 * Undefined when the text cannot be split, for then it is not hot. Settings that could be secret
 * are kept as one digest of their root: a digest of a short password alone would tell it.
 */
export function hotKeysOf({ config, coreTemplate, image }: Configured): HotKeys | undefined {
  const { hot, whole } = splitConfig(config);
  if (whole !== undefined || !takesConfigLive(image)) return undefined;
  const env = scanConfig({ env: coreTemplate?.spec?.env });
  const keys: HotKeys = {};
  for (const [path, value] of hotKeys(config)) {
    const root = path.split(".")[0] ?? "";
    if (isHarmless(path, value)) {
      const shadowed = env.has(path.toLowerCase());
      keys[path] = { digest: digest(value), value, ...(shadowed && { shadowed }) };
    } else keys[root] ??= { digest: digest(hot[root] ?? "") };
  }
  return keys;
}

/** Changed settings; none when either side was not hot. */
export function hotChanges(
  before: HotKeys | undefined,
  after: HotKeys | undefined,
  config: RolloutInputs["config"],
): Change[] {
  if (!before || !after) return [];
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...paths]
    .filter((path) => before[path]?.digest !== after[path]?.digest)
    .sort()
    .map((path): Change => {
      const change: Change = { path: `${originOf(path, config)} ${path}`, effect: "hot" };
      const why = reasonOf(path, after[path], config);
      return {
        ...change,
        from: shown(before[path]),
        to: shown(after[path]),
        ...(why && { why }),
      };
    });
}

/** HOCON text of the settings whose values are kept, for the comparison with what EMQX shows. */
export function declaredHocon(keys: HotKeys | undefined): string {
  return Object.entries(keys ?? {})
    .filter(([, { value, shadowed }]) => value !== undefined && !shadowed)
    .map(([path, { value }]) => `${quotedPath(path)} = ${value}\n`)
    .join("");
}

/** Of the drift that was seen, what these inputs will set back, and to what. */
export function driftToMend(drift: ConfigDrift[] | undefined, inputs: Configured): ConfigDrift[] {
  const keys = hotKeysOf(inputs) ?? {};
  return (drift ?? []).flatMap(({ key, found }) => {
    const declared = keys[key]?.value;
    // Somebody's change may have been taken over into the program since.
    if (declared === undefined || scalarOf(declared) === scalarOf(found)) return [];
    return [{ key, declared, found }];
  });
}

function reasonOf(
  path: string,
  after: HotKey | undefined,
  config: RolloutInputs["config"],
): string | undefined {
  if (after?.shadowed) return "an environment variable of the pods wins over it when a pod starts";
  if (after !== undefined || !keepsWhenRemoved(path, config)) return undefined;
  return "EMQX keeps the last value until another one is given";
}

function originOf(path: string, config: RolloutInputs["config"]): string {
  const root = path.split(".")[0] ?? "";
  const inRoots = Object.hasOwn(config?.roots ?? {}, root);
  return inRoots ? "config.roots" : "config.data";
}

/** A merge deletes nothing, and a replacement only what is in a root that is still given. */
function keepsWhenRemoved(path: string, config: RolloutInputs["config"]): boolean {
  const root = path.split(".")[0] ?? "";
  return config?.mode !== "Replace" || splitConfig(config).hot[root] === undefined;
}

const shown = (key: HotKey | undefined): string =>
  key === undefined ? "(not set)" : (key.value ?? HIDDEN);

/** Path segments of plain letters need no quotes, numbers as in `limiter.1` do. */
const quotedPath = (path: string): string =>
  path
    .split(".")
    .map((key) => (/^[A-Za-z_][\w-]*$/.test(key) ? key : JSON.stringify(key)))
    .join(".");

const digest = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 16);
