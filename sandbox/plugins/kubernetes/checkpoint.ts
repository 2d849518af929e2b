import { randomBytes } from "node:crypto";
import { objectAt, textAt, type JsonObject } from "../rpc/json";
import { copySecretness, reveal } from "../rpc/properties";

/** What the state remembers of an object. */
export interface SavedState {
  live: JsonObject;
  inputs: JsonObject;
  fieldManager: string;
}

/** The state to save: the live object, the inputs behind it, and our field manager. */
export function checkpoint(live: JsonObject, inputs: JsonObject, fieldManager: string): JsonObject {
  return {
    ...copySecretness(live, inputs),
    __inputs: inputs,
    __initialApiVersion: textAt(reveal(inputs), "apiVersion") ?? textAt(live, "apiVersion") ?? "",
    __fieldManager: fieldManager,
  };
}

/** Reads what `checkpoint` made, secrets opened. */
export function savedState(state: JsonObject): SavedState {
  const { __inputs, __initialApiVersion: _version, __fieldManager, ...live } = reveal(state);
  return {
    live,
    inputs: objectAt({ __inputs }, "__inputs"),
    fieldManager: typeof __fieldManager === "string" ? __fieldManager : newFieldManager(),
  };
}

/** The inputs as saved, secrets still in their envelopes. */
export function savedInputs(state: JsonObject): JsonObject {
  return objectAt(state, "__inputs");
}

/** Each resource has a server-side apply manager of its own. */
export function newFieldManager(): string {
  return `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
}

/** The manager that the program asks for, if it does. */
export function fieldManagerFor(inputs: JsonObject, otherwise: string): string {
  return textAt(inputs, "metadata", "annotations", "pulumi.com/patchFieldManager") ?? otherwise;
}
