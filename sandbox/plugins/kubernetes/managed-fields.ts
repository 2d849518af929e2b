import { at, isObject, listAt, objectAt, textAt, type Json, type JsonObject } from "../rpc/json";

/**
 * Hands the fields of `kubectl` and of our own create request to the manager that we apply with.
 * As the real plugin does, so a field that only kubectl set and our inputs lack is removed by the
 * apply that follows. Returns `undefined` if there is nothing to take over.
 */
export function takeOver(live: JsonObject, manager: string): JsonObject[] | undefined {
  const entries = listAt(live, "metadata", "managedFields").filter(isObject);
  const taken = entries.filter((entry) => isTakenOver(entry));
  if (taken.length === 0) return undefined;
  const own = entries.find((entry) => isOwn(entry, manager));
  const rest = entries.filter((entry) => !taken.includes(entry) && entry !== own);
  const [first] = taken;
  const fields = [own, ...taken]
    .map((entry) => objectAt(entry, "fieldsV1"))
    .reduce((all, more) => union(all, more), {});
  return [...rest, { ...(own ?? first), manager, operation: "Apply", fieldsV1: fields }];
}

/** True while the object's creation by POST is still a manager of its own. */
export function hasCreateEntry(live: JsonObject): boolean {
  return listAt(live, "metadata", "managedFields").some(
    (entry) => isObject(entry) && isTakenOver(entry),
  );
}

function isTakenOver(entry: JsonObject): boolean {
  const manager = textAt(entry, "manager") ?? "";
  if ((textAt(entry, "subresource") ?? "") !== "") return false;
  if (manager.startsWith("kubectl") || manager === "before-first-apply") return true;
  return at(entry, "operation") === "Update" && /^pulumi-(resource-)?kubernetes/.test(manager);
}

function isOwn(entry: JsonObject, manager: string): boolean {
  return textAt(entry, "manager") === manager && textAt(entry, "operation") === "Apply";
}

function union(left: JsonObject, right: JsonObject): JsonObject {
  const merged: JsonObject = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const present: Json | undefined = merged[key];
    merged[key] = isObject(present) && isObject(value) ? union(present, value) : value;
  }
  return merged;
}
