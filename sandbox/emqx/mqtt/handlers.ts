import { randomBytes } from "node:crypto";
import type { Broker } from "../broker/broker";
import type { Message } from "../broker/message";
import type { Metrics } from "../broker/metrics";
import type { Publishing } from "../broker/publishing";
import type { RetainedStore } from "../broker/retained";
import type { Session } from "../broker/session";
import type { Subscriptions } from "../broker/subscriptions";
import type { MqttSettings } from "../settings/settings";
import { isTopicFilter, isTopicName, sharedFilter } from "../broker/topics";
import { PacketType, Property, Reason } from "./codes";
import type { Connection } from "./connection";
import { expiryMs } from "./connection";
import type { ConnectPacket, PublishPacket, SubscriptionRequest } from "./decode";
import { decodeAck, decodePublish, decodeSubscribe, decodeUnsubscribe } from "./decode";
import { encodeAck, encodeSubscriptionAck } from "./encode";
import type { Frame } from "./frames";
import { forwardedProperties, numberProperty } from "./properties";
import { MalformedPacket } from "./reader";

/** The parts of a node that packets of connected clients act on. */
export interface HandlerParts {
  broker: Broker;
  publishing: Publishing;
  subscriptions: Subscriptions;
  retained: RetainedStore;
  metrics: Metrics;
  /** Resolves when all nodes know the routes that were added. */
  settled(): Promise<void>;
  limits: MqttSettings;
}

/** Handles the packets of connected clients. */
export class PacketHandlers {
  constructor(private readonly parts: HandlerParts) {}

  newClientId(): string {
    return randomBytes(10).toString("hex");
  }

  expiryOf(packet: ConnectPacket): number {
    if (packet.version < 5) return packet.cleanStart ? 0 : this.parts.limits.sessionExpiryMs;
    return expiryMs(numberProperty(packet.properties, Property.sessionExpiry) ?? 0);
  }

  willOf(
    packet: ConnectPacket,
    clientId: string,
  ): { message: Message; delayMs: number } | undefined {
    const will = packet.will;
    if (!will) return undefined;
    const delay = numberProperty(will.properties, Property.willDelay) ?? 0;
    return { message: this.message(will, clientId), delayMs: delay * 1000 };
  }

  handle(connection: Connection, session: Session, frame: Frame): void {
    switch (frame.type) {
      case PacketType.publish:
        return this.publish(connection, session, decodePublish(frame, connection.version));
      case PacketType.puback:
        this.count("puback", "received");
        if (session.finish(decodeAck(frame).id)) this.parts.metrics.add("messages.acked");
        return;
      case PacketType.pubrec:
        return this.pubrec(connection, session, frame);
      case PacketType.pubrel:
        return this.pubrel(connection, session, frame);
      case PacketType.pubcomp:
        this.count("pubcomp", "received");
        if (session.finish(decodeAck(frame).id)) this.parts.metrics.add("messages.acked");
        return;
      case PacketType.subscribe:
        return this.subscribe(connection, session, frame);
      case PacketType.unsubscribe:
        return this.unsubscribe(connection, session, frame);
      default:
        throw new MalformedPacket(`unexpected packet type ${frame.type}`, Reason.protocolError);
    }
  }

  private count(packet: string, way: "sent" | "received"): void {
    this.parts.metrics.add(`packets.${packet}.${way}`);
  }

  private message(
    packet: Pick<PublishPacket, "topic" | "payload" | "qos" | "retain" | "properties">,
    from: string,
  ): Message {
    const { topic, payload, qos, retain, properties } = packet;
    const expiry = numberProperty(properties, Property.messageExpiry);
    const expiresAt = expiry === undefined ? undefined : Date.now() + expiry * 1000;
    const forwarded = properties.length === 0 ? undefined : forwardedProperties(properties);
    const id = this.parts.publishing.nextId();
    return { id, topic, payload, qos, retain, from, expiresAt, properties: forwarded };
  }

  private publish(connection: Connection, session: Session, packet: PublishPacket): void {
    const { metrics, publishing } = this.parts;
    metrics.add("packets.publish.received");
    metrics.add("messages.received");
    metrics.add("messages.publish");
    metrics.add(`messages.qos${packet.qos}.received`);
    const topic = resolveAlias(connection, packet);
    if (!isTopicName(topic)) throw new MalformedPacket("bad topic", Reason.topicNameInvalid);
    const { version } = connection;
    const repeated = packet.qos === 2 && session.incoming.has(packet.id);
    const message = this.message({ ...packet, topic }, session.clientId);
    const reached = repeated ? 1 : publishing.publish(message);
    const reason = reached === 0 && version === 5 ? Reason.noMatchingSubscribers : Reason.success;
    if (packet.qos === 1) {
      this.count("puback", "sent");
      connection.write(encodeAck(version, PacketType.puback, packet.id, reason));
    } else if (packet.qos === 2) {
      session.incoming.add(packet.id);
      this.count("pubrec", "sent");
      connection.write(encodeAck(version, PacketType.pubrec, packet.id, reason));
    }
  }

  private pubrec(connection: Connection, session: Session, frame: Frame): void {
    const { id, reason } = decodeAck(frame);
    this.count("pubrec", "received");
    if (reason >= 0x80) {
      session.finish(id);
      return;
    }
    const known = session.release(id);
    this.count("pubrel", "sent");
    const answer = known ? Reason.success : Reason.packetIdNotFound;
    connection.write(encodeAck(connection.version, PacketType.pubrel, id, answer));
  }

  private pubrel(connection: Connection, session: Session, frame: Frame): void {
    const { id } = decodeAck(frame);
    this.count("pubrel", "received");
    const known = session.incoming.delete(id);
    this.count("pubcomp", "sent");
    const answer = known ? Reason.success : Reason.packetIdNotFound;
    connection.write(encodeAck(connection.version, PacketType.pubcomp, id, answer));
  }

  private subscribe(connection: Connection, session: Session, frame: Frame): void {
    const { id, subscriptionId, requests } = decodeSubscribe(frame, connection.version);
    this.count("subscribe", "received");
    this.parts.metrics.add("client.subscribe");
    const retained: SubscriptionRequest[] = [];
    let newRoute = false;
    const codes = requests.map((request) => {
      const plain = sharedFilter(request.filter);
      if (!isTopicFilter(plain?.filter ?? request.filter)) {
        return connection.version === 5 ? Reason.topicFilterInvalid : 0x80;
      }
      const known = session.subscriptions.has(request.filter);
      const isNew = this.parts.subscriptions.attach(session, request.filter, {
        ...request,
        subscriptionId,
      });
      newRoute ||= isNew;
      const wanted = request.retainHandling === 0 || (request.retainHandling === 1 && !known);
      if (wanted && !plain) retained.push(request);
      return request.qos;
    });
    const answer = (): void => {
      if (!connection.isOpen) return;
      this.count("suback", "sent");
      connection.write(encodeSubscriptionAck(connection.version, PacketType.suback, id, codes));
      for (const request of retained) this.sendRetained(session, request, subscriptionId);
    };
    if (newRoute) void this.parts.settled().then(answer);
    else answer();
  }

  private sendRetained(
    session: Session,
    request: SubscriptionRequest,
    subscriptionId: number | undefined,
  ): void {
    for (const message of this.parts.retained.matching(request.filter, Date.now())) {
      const qos = message.qos < request.qos ? message.qos : request.qos;
      session.push({ message, qos, retain: true, subscriptionId });
    }
  }

  private unsubscribe(connection: Connection, session: Session, frame: Frame): void {
    const { id, filters } = decodeUnsubscribe(frame, connection.version);
    this.count("unsubscribe", "received");
    this.parts.metrics.add("client.unsubscribe");
    const codes = filters.map((filter) =>
      this.parts.subscriptions.detach(session, filter)
        ? Reason.success
        : Reason.noSubscriptionExisted,
    );
    this.count("unsuback", "sent");
    connection.write(encodeSubscriptionAck(connection.version, PacketType.unsuback, id, codes));
  }
}

function resolveAlias(connection: Connection, packet: PublishPacket): string {
  const alias = numberProperty(packet.properties, Property.topicAlias);
  if (alias === undefined) return packet.topic;
  if (alias === 0) throw new MalformedPacket("topic alias 0", Reason.topicAliasInvalid);
  if (packet.topic !== "") {
    connection.aliases.set(alias, packet.topic);
    return packet.topic;
  }
  const topic = connection.aliases.get(alias);
  if (topic === undefined) throw new MalformedPacket("unknown alias", Reason.protocolError);
  return topic;
}
