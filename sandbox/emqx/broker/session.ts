import { PacketType } from "../mqtt/codes";
import { encodeAck, encodePublish } from "../mqtt/encode";
import type { InflightEntry } from "./inflight";
import { Inflight } from "./inflight";
import type { Delivery, Message, Subscription } from "./message";
import { secondsLeft } from "./message";

/** The network side of a session while its client is connected. */
export interface ClientChannel {
  readonly version: number;
  readonly receiveMaximum: number;
  readonly maxPacketSize: number;
  write(packet: Buffer): void;
  /** Ends the connection from the server's side; MQTT 5 clients are told `reason`. */
  kick(reason: number): void;
}

/** What moves to another node with a session. */
export interface SessionSnapshot {
  clientId: string;
  version: number;
  cleanStart: boolean;
  expiryMs: number;
  createdAt: number;
  claimedAt: number;
  subscriptions: [string, Subscription][];
  queue: Delivery[];
  inflight: InflightEntry[];
  incoming: number[];
}

/** While a session leaves for another node: what still arrives here is sent after it. */
export interface Departure {
  id: string;
  to: string;
  forward(filter: string, message: Message): void;
}

/** While a session settles on this node: direct messages wait until the old owner has sent all of its own. */
export interface Arrival {
  hold(filter: string, message: Message): void;
}

/** Counts what happens to deliveries. */
export interface DeliveryCounters {
  sent(qos: number): void;
  dropped(reason: "queue_full" | "expired" | "too_large" | "no_local"): void;
}

/** One client's session: subscriptions, queue and unfinished QoS 1 and 2 exchanges, in memory. */
export class Session {
  channel: ClientChannel | undefined;
  departure: Departure | undefined;
  arrival: Arrival | undefined;
  version = 4;
  cleanStart = false;
  /** Milliseconds that it outlives its connection; Infinity for never. */
  expiryMs = 0;
  createdAt = Date.now();
  connectedAt = Date.now();
  /** Milliseconds since the epoch; undefined while connected. */
  disconnectedAt: number | undefined;
  /** When this node became the owner, in milliseconds with fractions; of two owners the younger one wins. */
  claimedAt = performance.timeOrigin + performance.now();
  will: { message: Message; delayMs: number } | undefined;
  /** When a delayed will is due. */
  willAt: number | undefined;
  readonly subscriptions = new Map<string, Subscription>();
  /** Identifiers of QoS 2 publishes that await PUBREL. */
  readonly incoming = new Set<number>();
  readonly inflight = new Inflight();
  queue: Delivery[] = [];

  constructor(
    readonly clientId: string,
    private readonly limits: { maxInflight: number; maxQueue: number },
    private readonly counters: DeliveryCounters,
  ) {}

  /** Takes a message that a subscription of this session matched. */
  deliver(filter: string, message: Message): void {
    if (this.departure) {
      this.departure.forward(filter, message);
      this.accept(filter, message);
    } else if (this.arrival) {
      this.arrival.hold(filter, message);
    } else {
      this.accept(filter, message);
    }
  }

  /** Queues or sends a message under one of its subscriptions. */
  accept(filter: string, message: Message): void {
    const subscription = this.subscriptions.get(filter);
    if (!subscription) return;
    if (subscription.noLocal && message.from === this.clientId) {
      this.counters.dropped("no_local");
      return;
    }
    const qos = message.qos < subscription.qos ? message.qos : subscription.qos;
    const retain = subscription.retainAsPublished && message.retain;
    this.push({ message, qos, retain, subscriptionId: subscription.subscriptionId });
  }

  push(delivery: Delivery): void {
    if (this.channel && this.queue.length === 0 && this.mayStart(delivery)) {
      this.start(delivery, this.channel);
      return;
    }
    this.queue.push(delivery);
    if (this.queue.length > this.limits.maxQueue) {
      this.queue.shift();
      this.counters.dropped("queue_full");
    }
  }

  /** Connects the session to a client: unfinished exchanges are repeated, then the queue follows. */
  attach(channel: ClientChannel): void {
    this.channel = channel;
    this.version = channel.version;
    this.disconnectedAt = undefined;
    for (const entry of this.inflight.list()) {
      if (entry.released) {
        channel.write(encodeAck(channel.version, PacketType.pubrel, entry.id));
      } else {
        this.write(entry.delivery, entry.id, true, channel);
      }
    }
    this.drain();
  }

  /** A PUBACK or PUBCOMP, or a PUBREC that refuses; false when the identifier is unknown. */
  finish(id: number): boolean {
    const known = this.inflight.delete(id);
    if (known) this.drain();
    return known;
  }

  /** A PUBREC; false when the identifier is unknown. */
  release(id: number): boolean {
    const entry = this.inflight.get(id);
    if (entry) entry.released = true;
    return entry !== undefined;
  }

  snapshot(): SessionSnapshot {
    return {
      clientId: this.clientId,
      version: this.version,
      cleanStart: this.cleanStart,
      expiryMs: this.expiryMs,
      createdAt: this.createdAt,
      claimedAt: this.claimedAt,
      subscriptions: [...this.subscriptions],
      // A copy: what arrives from now on is forwarded one by one.
      queue: [...this.queue],
      inflight: this.inflight.list(),
      incoming: [...this.incoming],
    };
  }

  restore(snapshot: SessionSnapshot): void {
    this.version = snapshot.version;
    this.cleanStart = snapshot.cleanStart;
    this.expiryMs = snapshot.expiryMs;
    this.createdAt = snapshot.createdAt;
    this.queue = snapshot.queue;
    this.inflight.restore(snapshot.inflight);
    for (const id of snapshot.incoming) this.incoming.add(id);
  }

  private drain(): void {
    const channel = this.channel;
    let taken = 0;
    while (channel && taken < this.queue.length) {
      const next = this.queue[taken];
      if (!next || !this.mayStart(next)) break;
      taken += 1;
      this.start(next, channel);
    }
    if (taken > 0) this.queue = this.queue.slice(taken);
  }

  private mayStart(delivery: Delivery): boolean {
    const limit = Math.min(this.limits.maxInflight, this.channel?.receiveMaximum ?? 0);
    return delivery.qos === 0 || this.inflight.size < limit;
  }

  private start(delivery: Delivery, channel: ClientChannel): void {
    const left = secondsLeft(delivery.message, Date.now());
    if (left !== undefined && left <= 0) {
      this.counters.dropped("expired");
      return;
    }
    const id = delivery.qos > 0 ? this.inflight.add(delivery) : 0;
    this.write(delivery, id, false, channel);
  }

  private write(delivery: Delivery, id: number, dup: boolean, channel: ClientChannel): void {
    const { message, qos, retain, subscriptionId } = delivery;
    const { topic, payload, properties } = message;
    const expiry = secondsLeft(message, Date.now());
    const packet = encodePublish(channel.version, {
      ...{ topic, payload, qos, retain, dup, id, properties, subscriptionId },
      expiry: expiry === undefined ? undefined : Math.max(expiry, 1),
    });
    if (packet.length > channel.maxPacketSize) {
      this.inflight.delete(id);
      this.counters.dropped("too_large");
      return;
    }
    this.counters.sent(qos);
    channel.write(packet);
  }
}
