import { MalformedPacket, Reader, varint } from "./reader";
import { Property } from "./codes";

/** A property's value; user properties are pairs. */
export type PropertyValue = number | string | Buffer | [string, string];

/** Decoded MQTT 5 properties, in order, repeated ones repeated. */
export type Properties = [id: number, value: PropertyValue][];

type Kind = "byte" | "uint16" | "uint32" | "varint" | "string" | "binary" | "pair";

const KINDS: Record<number, Kind> = {
  0x01: "byte",
  0x02: "uint32",
  0x03: "string",
  0x08: "string",
  0x09: "binary",
  0x0b: "varint",
  0x11: "uint32",
  0x12: "string",
  0x13: "uint16",
  0x15: "string",
  0x16: "binary",
  0x17: "byte",
  0x18: "uint32",
  0x19: "byte",
  0x1a: "string",
  0x1c: "string",
  0x1f: "string",
  0x21: "uint16",
  0x22: "uint16",
  0x23: "uint16",
  0x24: "byte",
  0x25: "byte",
  0x26: "pair",
  0x27: "uint32",
  0x28: "byte",
  0x29: "byte",
  0x2a: "byte",
};

const FORWARDED = new Set<number>([
  Property.payloadFormat,
  Property.contentType,
  Property.responseTopic,
  Property.correlationData,
  Property.userProperty,
]);

const NONE: Properties = [];

/** Reads a property block with its length. */
export function readProperties(reader: Reader): Properties {
  const length = reader.varint();
  if (length === 0) return NONE;
  const block = new Reader(reader.bytes(length));
  const result: Properties = [];
  while (block.rest > 0) {
    const id = block.varint();
    result.push([id, readValue(block, id)]);
  }
  return result;
}

function readValue(block: Reader, id: number): PropertyValue {
  switch (KINDS[id]) {
    case "byte":
      return block.byte();
    case "uint16":
      return block.uint16();
    case "uint32":
      return block.uint32();
    case "varint":
      return block.varint();
    case "string":
      return block.string();
    case "binary":
      return Buffer.from(block.binary());
    case "pair":
      return [block.string(), block.string()];
    default:
      throw new MalformedPacket(`unknown property ${id}`);
  }
}

/** The first number under `id`. */
export function numberProperty(properties: Properties, id: number): number | undefined {
  const value = properties.find(([key]) => key === id)?.[1];
  return typeof value === "number" ? value : undefined;
}

/** Encodes properties without their length. */
export function encodeProperties(properties: Properties): Buffer {
  const parts: Buffer[] = [];
  for (const [id, value] of properties) {
    parts.push(Buffer.from([id]), encodeValue(KINDS[id], value));
  }
  return Buffer.concat(parts);
}

function encodeValue(kind: Kind | undefined, value: PropertyValue): Buffer {
  if (Array.isArray(value)) return Buffer.concat(value.map((part) => prefixed(Buffer.from(part))));
  if (typeof value === "string") return prefixed(Buffer.from(value));
  if (typeof value !== "number") return prefixed(value);
  if (kind === "byte") return Buffer.from([value]);
  if (kind === "varint") return Buffer.from(varint(value));
  const bytes = Buffer.alloc(kind === "uint16" ? 2 : 4);
  if (kind === "uint16") bytes.writeUInt16BE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}

function prefixed(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** The properties of a publish that go to its subscribers, encoded; undefined for none. */
export function forwardedProperties(properties: Properties): Buffer | undefined {
  const kept = properties.filter(([id]) => FORWARDED.has(id));
  return kept.length === 0 ? undefined : encodeProperties(kept);
}
