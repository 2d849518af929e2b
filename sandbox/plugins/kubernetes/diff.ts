import { textAt, type JsonObject } from "../rpc/json";
import { reveal } from "../rpc/properties";
import { changes, type Change } from "./changes";
import { forceNewFields } from "./force-new";
import { isAnnotated, kindOf } from "./kinds";
import { formatPath, isUnder, parsePath } from "./property-path";
import { prune } from "./prune";
import type { Settings } from "./settings";
import { savedState } from "./checkpoint";

/** What a Diff request holds. */
export interface DiffCall {
  urn: string;
  /** The saved state. */
  olds: JsonObject;
  /** Checked inputs. */
  news: JsonObject;
  ignoreChanges: string[];
}

/** What the engine should do about an object. */
export interface Difference {
  /** By path in Pulumi's notation. */
  detailed: Map<string, { kind: Change["kind"]; replace: boolean }>;
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/** Compares the saved live object, pruned to what the program said, with what it says now. */
export function diff(call: DiffCall, settings: Settings): Difference {
  const { live, inputs } = savedState(call.olds);
  const news = reveal(call.news);
  const ignored = call.ignoreChanges.map(parsePath);
  const forceNew = forceNewFields(kindOf(news, call.urn), live, settings);
  const detailed: Difference["detailed"] = new Map();
  for (const { path, kind } of changes(prune(live, inputs), news)) {
    if (ignored.some((prefix) => isUnder(path, prefix))) continue;
    const replace = forceNew.some((field) => isUnder(path, field));
    detailed.set(formatPath(path), { kind, replace });
  }
  const replaces = [...detailed].filter(([, { replace }]) => replace).map(([path]) => path);
  const samePlace = ["name", "namespace"].every(
    (field) => textAt(inputs, "metadata", field) === textAt(news, "metadata", field),
  );
  return {
    detailed,
    replaces,
    deleteBeforeReplace: replaces.length > 0 && samePlace && !isAnnotated(news, "autonamed"),
  };
}
