import { PacketType, Property } from "./codes";
import type { Qos } from "./decode";
import type { Properties } from "./properties";
import { encodeProperties } from "./properties";
import { varint } from "./reader";

/** Builds one packet from its first byte and its body. */
function packet(first: number, ...parts: (Buffer | number[])[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [first, ...varint(length)];
  const result = Buffer.allocUnsafe(head.length + length);
  result.set(head);
  let at = head.length;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** What an accepting CONNACK of MQTT 5 tells the client. */
export interface ServerLimits {
  maxPacketSize: number;
  receiveMaximum: number;
  assignedClientId?: string;
}

export function encodeConnack(
  version: number,
  sessionPresent: boolean,
  code: number,
  limits?: ServerLimits,
): Buffer {
  if (version < 5) return Buffer.from([0x20, 2, sessionPresent ? 1 : 0, code]);
  const properties: Properties = [];
  if (limits) {
    if (limits.assignedClientId !== undefined) {
      properties.push([Property.assignedClientId, limits.assignedClientId]);
    }
    // The order is that of a real node's CONNACK (facts/emqx-observed/s1b).
    properties.push([Property.maximumPacketSize, limits.maxPacketSize]);
    properties.push([Property.receiveMaximum, limits.receiveMaximum]);
    properties.push([0x25, 1], [0x2a, 1], [0x29, 1], [0x22, 0xffff], [0x28, 1]);
  }
  const block = encodeProperties(properties);
  return packet(0x20, [sessionPresent ? 1 : 0, code], varint(block.length), block);
}

/** One message on its way to one subscriber. */
export interface OutgoingPublish {
  topic: string;
  payload: Buffer;
  qos: Qos;
  retain: boolean;
  dup: boolean;
  /** Packet identifier, 0 for QoS 0. */
  id: number;
  /** Encoded forwarded properties (MQTT 5). */
  properties?: Buffer;
  /** Seconds that are left (MQTT 5). */
  expiry?: number;
  /** MQTT 5. */
  subscriptionId?: number;
}

export function encodePublish(version: number, message: OutgoingPublish): Buffer {
  const topic = Buffer.from(message.topic);
  const first = 0x30 | (message.dup ? 8 : 0) | (message.qos << 1) | (message.retain ? 1 : 0);
  const head = Buffer.allocUnsafe(2 + topic.length + (message.qos > 0 ? 2 : 0));
  head.writeUInt16BE(topic.length);
  topic.copy(head, 2);
  if (message.qos > 0) head.writeUInt16BE(message.id, 2 + topic.length);
  if (version < 5) return packet(first, head, message.payload);
  const extra: Properties = [];
  if (message.expiry !== undefined) extra.push([Property.messageExpiry, message.expiry]);
  if (message.subscriptionId !== undefined) {
    extra.push([Property.subscriptionId, message.subscriptionId]);
  }
  const parts = [message.properties ?? Buffer.alloc(0), encodeProperties(extra)];
  const block = Buffer.concat(parts);
  return packet(first, head, varint(block.length), block, message.payload);
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP. */
export function encodeAck(version: number, type: number, id: number, reason = 0): Buffer {
  const first = (type << 4) | (type === PacketType.pubrel ? 2 : 0);
  if (version < 5) return Buffer.from([first, 2, id >> 8, id & 0xff]);
  return Buffer.from([first, 4, id >> 8, id & 0xff, reason, 0]);
}

/** SUBACK and, for MQTT 5, UNSUBACK with reason codes. */
export function encodeSubscriptionAck(
  version: number,
  type: number,
  id: number,
  codes: number[],
): Buffer {
  const idBytes = [id >> 8, id & 0xff];
  if (version === 5) return packet(type << 4, idBytes, [0], codes);
  return packet(type << 4, idBytes, type === PacketType.suback ? codes : []);
}

export function encodePingresp(): Buffer {
  return PINGRESP;
}

const PINGRESP = Buffer.from([PacketType.pingresp << 4, 0]);

/** DISCONNECT from the server exists in MQTT 5 only. */
export function encodeDisconnect(reason: number): Buffer {
  return Buffer.from([PacketType.disconnect << 4, 2, reason, 0]);
}
