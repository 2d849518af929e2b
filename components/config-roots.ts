/**
 * Which part of EMQX's configuration running nodes take through `PUT /configs`, and which part
 * only new pods do. Every root that is not named here is hot.
 */
import { flattenHocon, hoconOf, settingText, valueText } from "./hocon-text";
import {
  emptyObject,
  mergeHocon,
  readHocon,
  type HoconObject,
  type HoconValue,
} from "./hocon-tree";
import { releaseOf } from "./release";
import { isObject } from "./shape";

export type RootEffect = "hot" | "restart";

const RESTART: Record<string, string> = {
  // Read-only in EMQX: `PUT /configs` answers 400 or, with `ignore_readonly`, drops them.
  node: "EMQX reads it when a node starts",
  cluster: "EMQX reads it when a node starts",
  rpc: "EMQX reads it when a node starts",
  // Its listener serves the API that the rollout itself talks to; ports, probes and the Service follow it.
  dashboard: "its port is in the pods, the probes and the Service",
  // The operator's list of what EMQX takes at its start only (facts: emqx-operator.md 2.2).
  durable_sessions: "EMQX reads it when a node starts",
  durable_storage: "EMQX reads it when a node starts",
  // The bootstrap file is loaded when a core starts, and ours must stay in place.
  api_key: "EMQX loads its bootstrap file when a node starts",
  // Likewise the file of identities: after a hot change of its path nodes would differ.
  psk_authentication: "EMQX loads its file when a node starts",
  // EMQX restarts a changed listener on every node at once, which cuts its clients at no rate at all;
  // container ports and Services follow it too.
  listeners:
    "a changed listener would cut its clients at once; new pods take them over at the rate",
  gateway: "a changed gateway would cut its clients at once; new pods take them over at the rate",
  // `POST /license` is its way while EMQX runs (argument `license`); in HOCON it is for the start.
  license:
    "a licence in the configuration is read when a node starts; the argument `license` is hot",
};

export const effectOf = (root: string): RootEffect =>
  Object.hasOwn(RESTART, root) ? "restart" : "hot";

/** Why a root needs new pods; undefined for a hot one. */
export const restartReason = (root: string): string | undefined =>
  effectOf(root) === "restart" ? RESTART[root] : undefined;

export interface ConfigInput {
  mode?: string;
  data?: string;
  roots?: Record<string, unknown>;
}

export interface SplitConfig {
  /** HOCON text of each hot root, key included, data and roots merged as EMQX merges them. */
  hot: Record<string, string>;
  /** What needs new pods, by path: `config.<root>` (canonical text) or `config.roots.<root>`. */
  restart: Record<string, unknown>;
  /** Why the text cannot be split, so that all of it counts as restart. */
  whole?: string;
}

/** `PUT /configs` is there from EMQX 5.1.1 on; an image that tells no version gets the benefit of the doubt. */
export function takesConfigLive(image: string): boolean {
  const { dialect, major, minor, patch } = releaseOf(image);
  if (dialect === "v4") return false;
  if (major !== 5 || (minor ?? 2) > 1) return true;
  return minor === 1 && (patch ?? 1) > 0;
}

/**
 * Splits the configuration; comments, order and formatting make no difference. With an image whose
 * release takes nothing live, every root needs new pods.
 */
export function splitConfig(config: ConfigInput | undefined, image?: string): SplitConfig {
  const live = image === undefined || takesConfigLive(image);
  const roots = isObject(config?.roots) ? config.roots : {};
  const reading = readHocon(config?.data ?? "");
  if ("problem" in reading) {
    const restart: Record<string, unknown> = { "config.data": config?.data };
    for (const [root, value] of Object.entries(roots)) restart[`config.roots.${root}`] = value;
    return { hot: {}, restart, whole: reading.problem };
  }
  const restart: Record<string, unknown> = {};
  for (const [root, value] of Object.entries(reading.tree)) {
    if (!live || effectOf(root) === "restart") restart[`config.${root}`] = valueText(value);
  }
  for (const [root, value] of Object.entries(roots)) {
    if (!live || effectOf(root) === "restart") restart[`config.roots.${root}`] = value;
  }
  if (!live) return { hot: {}, restart };
  const hot = Object.entries(hotTree(reading.tree, roots));
  return {
    hot: Object.fromEntries(hot.map(([root, value]) => [root, settingText(root, value)])),
    restart,
  };
}

/** The hot settings by dotted path, as written; none when the text cannot be split. */
export function hotKeys(config: ConfigInput | undefined): Map<string, string> {
  const reading = readHocon(config?.data ?? "");
  const keys = new Map<string, string>();
  if ("problem" in reading) return keys;
  for (const [root, value] of Object.entries(hotTree(reading.tree, config?.roots ?? {}))) {
    for (const [path, text] of flattenHocon(value, root)) keys.set(path, text);
  }
  return keys;
}

function hotTree(data: HoconObject, roots: Record<string, unknown>): Record<string, HoconValue> {
  const tree = emptyObject();
  const add = (root: string, value: HoconValue) => {
    if (effectOf(root) === "hot") tree[root] = mergeHocon(tree[root], value);
  };
  for (const [root, value] of Object.entries(data)) add(root, value);
  for (const [root, value] of Object.entries(roots)) {
    if (value !== undefined) add(root, hoconOf(value));
  }
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)));
}
