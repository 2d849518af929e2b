import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { cleanCopy, isObject, type Json, type JsonObject } from "./json";

/** What Pulumi sends for a value that a preview cannot know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Reads a property map from the wire; envelopes of secrets stay in place. */
export function fromStruct(struct: Struct | undefined): JsonObject {
  return struct === undefined ? {} : (struct.toJavaScript() as JsonObject);
}

/** Puts a property map on the wire. */
export function toStruct(properties: JsonObject): Struct {
  return Struct.fromJavaScript(
    cleanCopy(properties) as Parameters<typeof Struct.fromJavaScript>[0],
  );
}

/** Wraps a value so that the engine keeps it encrypted in its state. */
export function secret(value: Json): JsonObject {
  return { [SIGNATURE_KEY]: SECRET_SIGNATURE, value };
}

/** True for the envelope that `secret` makes. */
export function isSecret(value: Json | undefined): value is JsonObject {
  return isObject(value) && value[SIGNATURE_KEY] === SECRET_SIGNATURE;
}

/** The same value with every secret's envelope taken off. */
export function reveal<T extends Json | undefined>(value: T): T {
  return openEnvelopes(value) as T;
}

function openEnvelopes(value: Json | undefined): Json | undefined {
  if (isSecret(value)) return openEnvelopes(value["value"]);
  if (Array.isArray(value)) return value.map((item) => openEnvelopes(item) ?? null);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, openEnvelopes(item)]));
}

/** True if the value holds a secret at any depth. */
export function hasSecrets(value: Json | undefined): boolean {
  return isSecret(value) || children(value).some(hasSecrets);
}

/** True if the value holds an unknown at any depth. */
export function hasUnknowns(value: Json | undefined): boolean {
  return value === UNKNOWN || children(value).some(hasUnknowns);
}

/** Marks those parts of the outputs secret whose namesakes in the inputs are. */
export function copySecretness(outputs: JsonObject, inputs: JsonObject): JsonObject {
  const marked = { ...outputs };
  for (const [key, input] of Object.entries(inputs)) {
    const output = marked[key];
    if (output === undefined || isSecret(output) || !hasSecrets(input)) continue;
    marked[key] =
      isObject(output) && isObject(input) && !isSecret(input)
        ? copySecretness(output, input)
        : secret(output);
  }
  return marked;
}

function children(value: Json | undefined): (Json | undefined)[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}
