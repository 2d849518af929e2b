import { randomBytes } from "node:crypto";
import type { JsonObject } from "../rpc/json";
import { hasUnknowns, secret, UNKNOWN } from "../rpc/properties";
import { bcrypt } from "./bcrypt";
import { randomText, textOptions } from "./text";

/** What Create answers. */
export interface Created {
  id: string;
  properties: JsonObject;
}

interface Resource {
  /** Inputs with the plugin's defaults. */
  complete(inputs: JsonObject): JsonObject;
  /** Names of the outputs that only a real create knows. */
  computed: string[];
  generate(options: JsonObject): Created;
}

/** bcrypt's work factor in the real plugin. */
const COST = 10;

const RESOURCES: Record<string, Resource> = {
  "random:index/randomPassword:RandomPassword": {
    complete: textOptions,
    computed: ["result", "bcryptHash"],
    generate(options) {
      const result = randomText(options);
      const bcryptHash = bcrypt(result, randomBytes(16), COST);
      return {
        id: "none",
        properties: { result: secret(result), bcryptHash: secret(bcryptHash), ...meta("3") },
      };
    },
  },
  "random:index/randomString:RandomString": {
    complete: textOptions,
    computed: ["result"],
    generate(options) {
      const result = randomText(options);
      return { id: result, properties: { result, ...meta("2") } };
    },
  },
  "random:index/randomId:RandomId": {
    complete: (inputs) => inputs,
    computed: ["b64Std", "b64Url", "dec", "hex"],
    generate(options) {
      const bytes = randomBytes(Number(options["byteLength"]));
      const prefix = typeof options["prefix"] === "string" ? options["prefix"] : "";
      const id = bytes.toString("base64url");
      const properties = {
        b64Std: prefix + bytes.toString("base64"),
        b64Url: prefix + id,
        dec: prefix + BigInt(`0x${bytes.toString("hex") || "0"}`).toString(),
        hex: prefix + bytes.toString("hex"),
      };
      return { id, properties };
    },
  },
};

/** Draws a resource's value; in a preview everything drawn is unknown. */
export function createRandom(type: string, inputs: JsonObject, preview: boolean): Created {
  const resource = RESOURCES[type];
  if (resource === undefined) {
    throw new Error(
      `the sandbox's random plugin stand-in knows ${Object.keys(RESOURCES).join(", ")}, not ${type}`,
    );
  }
  const options = resource.complete(inputs);
  if (preview || hasUnknowns(options)) {
    const unknown = Object.fromEntries(resource.computed.map((name) => [name, UNKNOWN]));
    return { id: "", properties: { ...options, id: UNKNOWN, ...unknown } };
  }
  const { id, properties } = resource.generate(options);
  return { id, properties: { ...options, id, ...properties } };
}

function meta(schemaVersion: string): JsonObject {
  return { __meta: JSON.stringify({ schema_version: schemaVersion }) };
}
