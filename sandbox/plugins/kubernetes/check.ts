import { createHash, randomBytes } from "node:crypto";
import { isObject, objectAt, textAt, type JsonObject } from "../rpc/json";
import { hasSecrets, hasUnknowns, reveal, secret } from "../rpc/properties";
import { isAnnotated, isBuiltIn, kindOf, urnName } from "./kinds";

/** What a Check request holds. */
export interface CheckCall {
  urn: string;
  /** The inputs of the last operation; `{}` for a new resource and a replacement. */
  olds: JsonObject;
  news: JsonObject;
  randomSeed: Uint8Array;
  /** The engine's own naming rule, if the stack configures one. */
  autonaming?: { proposedName: string; disabled: boolean };
  /** Where namespaced objects go that name no namespace; `undefined` if the kind has none. */
  namespace: string | undefined;
}

/** Fields that only the API server writes; a program that copies them means nothing by it. */
const READ_ONLY = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];

/** Completes a program's inputs: drops read-only fields, folds `stringData`, names and places it. */
export function check(call: CheckCall): JsonObject {
  const kind = kindOf(reveal(call.news), call.urn);
  let inputs: JsonObject = { ...call.news };
  if (isBuiltIn(kind)) {
    delete inputs["status"];
    if (kind.kind === "Secret") inputs = foldStringData(inputs);
  }
  const given = inputs["metadata"];
  if (given !== undefined && given !== null && !isObject(given)) return inputs;
  const metadata = { ...objectAt(given) };
  if (isBuiltIn(kind)) for (const field of READ_ONLY) delete metadata[field];
  if (metadata["generateName"] !== undefined && metadata["name"] === undefined) {
    throw new Error("generateName is not supported with server-side apply: set metadata.name");
  }
  if (metadata["name"] === undefined || metadata["name"] === "") {
    metadata["name"] = autoname(call);
    metadata["annotations"] = {
      ...objectAt(metadata, "annotations"),
      "pulumi.com/autonamed": "true",
    };
  }
  if (call.namespace !== undefined && (metadata["namespace"] ?? "") === "") {
    metadata["namespace"] = call.namespace;
  }
  return { ...inputs, metadata };
}

function autoname(call: CheckCall): string {
  const olds = reveal(call.olds);
  const oldName = textAt(olds, "metadata", "name");
  if (oldName !== undefined && isAnnotated(olds, "autonamed")) return oldName;
  if (call.autonaming?.disabled === true) {
    throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
  }
  if (call.autonaming !== undefined && call.autonaming.proposedName !== "") {
    return call.autonaming.proposedName;
  }
  const seed = call.randomSeed.length > 0 ? call.randomSeed : randomBytes(32);
  const digest = createHash("sha256").update(seed).update(call.urn).digest("hex");
  return `${urnName(call.urn)}-${digest.slice(0, 8)}`;
}

/** The API server folds `stringData` into `data` too; doing it here makes the two comparable. */
function foldStringData(inputs: JsonObject): JsonObject {
  const plain = reveal(inputs["stringData"]);
  if (!isObject(plain) || hasUnknowns(plain) || hasUnknowns(reveal(inputs["data"]))) return inputs;
  const encoded = Object.fromEntries(
    Object.entries(plain).map(([key, value]) => [
      key,
      Buffer.from(String(value ?? ""), "utf8").toString("base64"),
    ]),
  );
  const data = { ...objectAt(reveal(inputs), "data"), ...encoded };
  const { stringData: _folded, ...rest } = inputs;
  const secretly = hasSecrets(inputs["stringData"]) || hasSecrets(inputs["data"]);
  return { ...rest, data: secretly ? secret(data) : data };
}
