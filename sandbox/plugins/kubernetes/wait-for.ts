import { isObject, listAt, textAt, type Json, type JsonObject } from "../rpc/json";

/**
 * What a `pulumi.com/waitFor` annotation still waits for; `undefined` if the object has none.
 * Knows `jsonpath={.a.b}`, `jsonpath={.a.b}=value` and `condition=Type`.
 */
export function waitForAnnotation(live: JsonObject, inputs: JsonObject): string[] | undefined {
  const rule = textAt(inputs, "metadata", "annotations", "pulumi.com/waitFor");
  if (rule === undefined) return undefined;
  return isMet(live, rule) ? [] : [`Waiting for ${rule}`];
}

function isMet(live: JsonObject, rule: string): boolean {
  const condition = /^condition=([^=]+)(?:=(.+))?$/.exec(rule);
  if (condition !== null) {
    return listAt(live, "status", "conditions").some(
      (item) =>
        textAt(item, "type") === condition[1] &&
        textAt(item, "status")?.toLowerCase() === (condition[2] ?? "true").toLowerCase(),
    );
  }
  const path = /^jsonpath=\{?\.?([^}=]+)\}?(?:=(.*))?$/.exec(rule);
  if (path === null)
    throw new Error(`the pulumi.com/waitFor annotation "${rule}" is not understood`);
  const steps = (path[1] ?? "").split(/[.[\]]+/).filter((step) => step !== "");
  const found = steps.reduce<Json | undefined>(step, live);
  if (found === undefined || found === null) return false;
  return path[2] === undefined ? true : String(found) === path[2];
}

function step(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(key)];
  return isObject(value) ? value[key] : undefined;
}
