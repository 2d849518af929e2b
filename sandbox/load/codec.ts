import { generate, parser, type Packet, type Parser } from "mqtt-packet";

export type Version = 4 | 5;

/** Seconds for which a persistent session outlives its connection: longer than any run. */
const SESSION_EXPIRY = 7200;

let parsed: Packet | undefined;
let failure: Error | undefined;

const parsers: Record<Version, Parser> = { 4: shared(4), 5: shared(5) };

/** Reads one whole packet from a broker. */
export function decode(frame: Buffer, version: Version): Packet {
  parsed = failure = undefined;
  parsers[version].parse(frame);
  if (failure) throw failure;
  if (!parsed) throw new Error(`Expected a whole MQTT packet, got ${frame.toString("hex")}.`);
  return parsed;
}

export interface ConnectOptions {
  clientId: string;
  version: Version;
  persistent: boolean;
  keepalive: number;
}

export function connectPacket({ clientId, version, persistent, keepalive }: ConnectOptions) {
  return encode(
    {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: version,
      clientId,
      clean: !persistent,
      keepalive,
      ...(version === 5 && persistent && { properties: { sessionExpiryInterval: SESSION_EXPIRY } }),
    },
    version,
  );
}

export function subscribePacket(topic: string, version: Version): Buffer {
  return encode({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 1 }] }, version);
}

export function publishPacket(
  topic: string,
  payload: string,
  messageId: number,
  dup: boolean,
  version: Version,
): Buffer {
  return encode({ cmd: "publish", topic, payload, messageId, qos: 1, dup, retain: false }, version);
}

export function pubackPacket(messageId: number): Buffer {
  return Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff]);
}

export const PING = Buffer.from([0xc0, 0]);
export const DISCONNECT = Buffer.from([0xe0, 0]);

function encode(packet: Packet, protocolVersion: Version): Buffer {
  return generate(packet, { protocolVersion });
}

function shared(protocolVersion: Version): Parser {
  const made = parser({ protocolVersion });
  made.on("packet", (packet: Packet) => (parsed = packet));
  made.on("error", (error: Error) => (failure = error));
  return made;
}
