import type { Qos } from "../mqtt/decode";

/** A published message, as it travels through a node and between nodes. */
export interface Message {
  /** Unique in the cluster; tells copies apart that arrive on two ways while a session moves. */
  id: string;
  topic: string;
  payload: Buffer;
  qos: Qos;
  retain: boolean;
  /** The publisher's client identifier. */
  from: string;
  /** Milliseconds since the epoch; absent when it doesn't expire. */
  expiresAt?: number;
  /** Encoded MQTT 5 properties that subscribers get. */
  properties?: Buffer;
}

/** How a session subscribed to one filter. */
export interface Subscription {
  qos: Qos;
  noLocal: boolean;
  retainAsPublished: boolean;
  retainHandling: number;
  subscriptionId: number | undefined;
}

/** A message on its way to one subscriber. */
export interface Delivery {
  message: Message;
  qos: Qos;
  retain: boolean;
  subscriptionId: number | undefined;
}

/** Seconds that a message has left, undefined when it doesn't expire, 0 or less when it has. */
export function secondsLeft(message: Message, now: number): number | undefined {
  return message.expiresAt === undefined ? undefined : Math.ceil((message.expiresAt - now) / 1000);
}
