import type { Frame } from "./frames";
import { Property } from "./codes";
import type { Properties } from "./properties";
import { numberProperty, readProperties } from "./properties";
import { MalformedPacket, Reader } from "./reader";

/** Quality of service. */
export type Qos = 0 | 1 | 2;

export interface WillPacket {
  topic: string;
  payload: Buffer;
  qos: Qos;
  retain: boolean;
  properties: Properties;
}

export interface ConnectPacket {
  /** 3 (MQTT 3.1), 4 (3.1.1) or 5. */
  version: number;
  clientId: string;
  cleanStart: boolean;
  /** Seconds. */
  keepalive: number;
  username: string | undefined;
  will: WillPacket | undefined;
  properties: Properties;
}

export interface PublishPacket {
  topic: string;
  payload: Buffer;
  qos: Qos;
  retain: boolean;
  dup: boolean;
  id: number;
  properties: Properties;
}

export interface SubscriptionRequest {
  filter: string;
  qos: Qos;
  noLocal: boolean;
  retainAsPublished: boolean;
  retainHandling: number;
}

const NONE: Properties = [];

export function decodeConnect(frame: Frame): ConnectPacket {
  const reader = new Reader(frame.body);
  const protocol = reader.string();
  const version = reader.byte() & 0x7f;
  const known = (protocol === "MQTT" && version >= 4) || (protocol === "MQIsdp" && version === 3);
  if (!known || version > 5) throw new MalformedPacket("unsupported protocol version", 0x84);
  const flags = reader.byte();
  if ((flags & 1) !== 0) throw new MalformedPacket("reserved connect flag");
  const keepalive = reader.uint16();
  const properties = version === 5 ? readProperties(reader) : NONE;
  const clientId = reader.string();
  let will: WillPacket | undefined;
  if ((flags & 4) !== 0) {
    const willProperties = version === 5 ? readProperties(reader) : NONE;
    const topic = reader.string();
    const payload = Buffer.from(reader.binary());
    const qos = qosOf((flags >> 3) & 3);
    will = { topic, payload, qos, retain: (flags & 32) !== 0, properties: willProperties };
  }
  const username = (flags & 128) !== 0 ? reader.string() : undefined;
  if ((flags & 64) !== 0) reader.binary();
  const cleanStart = (flags & 2) !== 0;
  return { version, clientId, cleanStart, keepalive, username, will, properties };
}

export function decodePublish(frame: Frame, version: number): PublishPacket {
  const reader = new Reader(frame.body);
  const qos = qosOf((frame.flags >> 1) & 3);
  const topic = reader.string();
  const id = qos > 0 ? reader.uint16() : 0;
  if (qos > 0 && id === 0) throw new MalformedPacket("packet id 0");
  const properties = version === 5 ? readProperties(reader) : NONE;
  const payload = Buffer.from(reader.bytes(reader.rest));
  const retain = (frame.flags & 1) !== 0;
  return { topic, payload, qos, retain, dup: (frame.flags & 8) !== 0, id, properties };
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP. */
export function decodeAck(frame: Frame): { id: number; reason: number } {
  const reader = new Reader(frame.body);
  const id = reader.uint16();
  return { id, reason: reader.rest > 0 ? reader.byte() : 0 };
}

export function decodeSubscribe(
  frame: Frame,
  version: number,
): { id: number; subscriptionId: number | undefined; requests: SubscriptionRequest[] } {
  if (frame.flags !== 2) throw new MalformedPacket("bad subscribe flags");
  const reader = new Reader(frame.body);
  const id = reader.uint16();
  const properties = version === 5 ? readProperties(reader) : NONE;
  const requests: SubscriptionRequest[] = [];
  while (reader.rest > 0) {
    const filter = reader.string();
    const options = reader.byte();
    requests.push({
      filter,
      qos: qosOf(options & 3),
      noLocal: (options & 4) !== 0,
      retainAsPublished: (options & 8) !== 0,
      retainHandling: (options >> 4) & 3,
    });
  }
  if (requests.length === 0) throw new MalformedPacket("no topic filters", 0x82);
  const subscriptionId = numberProperty(properties, Property.subscriptionId);
  return { id, subscriptionId, requests };
}

export function decodeUnsubscribe(
  frame: Frame,
  version: number,
): { id: number; filters: string[] } {
  const reader = new Reader(frame.body);
  const id = reader.uint16();
  if (version === 5) readProperties(reader);
  const filters: string[] = [];
  while (reader.rest > 0) filters.push(reader.string());
  return { id, filters };
}

export function decodeDisconnect(
  frame: Frame,
  version: number,
): { reason: number; properties: Properties } {
  const reader = new Reader(frame.body);
  const reason = version === 5 && reader.rest > 0 ? reader.byte() : 0;
  return { reason, properties: reader.rest > 0 ? readProperties(reader) : NONE };
}

function qosOf(value: number): Qos {
  if (value === 0 || value === 1 || value === 2) return value;
  throw new MalformedPacket("bad QoS");
}
