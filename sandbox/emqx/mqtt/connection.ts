import type { Socket } from "node:net";
import type { Broker } from "../broker/broker";
import type { Metrics } from "../broker/metrics";
import type { ClientChannel, Session } from "../broker/session";
import type { MqttSettings } from "../settings/settings";
import { PacketType, Reason, ReturnCode, Property } from "./codes";
import type { ConnectPacket } from "./decode";
import { decodeConnect, decodeDisconnect } from "./decode";
import { encodeConnack, encodeDisconnect, encodePingresp } from "./encode";
import type { Frame } from "./frames";
import { FrameReader } from "./frames";
import { numberProperty } from "./properties";
import { MalformedPacket } from "./reader";
import type { PacketHandlers } from "./handlers";

/** What a connection needs from its node. */
export interface ConnectionContext {
  broker: Broker;
  metrics: Metrics;
  handlers: PacketHandlers;
  /** Changes of the configuration apply to connections that come later. */
  limits: MqttSettings;
  /** Reason to refuse a CONNECT before anything else is looked at: evacuation, licence. */
  refusal(clientId: string): number | undefined;
  onClose(connection: Connection): void;
}

const EMPTY_LIMIT = 0xffff_ffff;

/** One client's TCP connection. */
export class Connection implements ClientChannel {
  version = 4;
  receiveMaximum = 0xffff;
  maxPacketSize = EMPTY_LIMIT;
  session: Session | undefined;
  /** Milliseconds without a packet after which the client counts as gone; 0 for never. */
  silence = 0;
  lastPacketAt = Date.now();
  readonly connectedAt = Date.now();
  username: string | undefined;
  keepalive = 0;
  readonly peer: { address: string; port: number };
  readonly aliases = new Map<number, string>();
  private readonly frames: FrameReader;
  private waiting: Frame[] | undefined;
  private state: "new" | "opening" | "open" | "closed" = "new";
  private normalEnd = false;

  constructor(
    private readonly socket: Socket,
    readonly context: ConnectionContext,
  ) {
    this.frames = new FrameReader(context.limits.maxPacketSize);
    this.peer = { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => this.ended());
  }

  get isOpen(): boolean {
    return this.state === "open";
  }

  write(packet: Buffer): void {
    if (!this.socket.writable) return;
    this.context.metrics.add("packets.sent");
    this.context.metrics.add("bytes.sent", packet.length);
    this.socket.write(packet);
  }

  kick(reason: number): void {
    if (this.state === "closed") return;
    if (this.version === 5 && this.state !== "new") {
      this.context.metrics.add("packets.disconnect.sent");
      this.write(encodeDisconnect(reason));
    }
    this.close();
  }

  /** Closes the connection; what was written before still goes out. */
  close(): void {
    if (this.state === "closed") return;
    const session = this.session;
    this.state = "closed";
    this.socket.destroySoon();
    if (session) this.context.broker.closed(session, this, this.normalEnd);
    this.context.onClose(this);
  }

  private ended(): void {
    this.close();
  }

  private receive(chunk: Buffer): void {
    if (this.state === "closed") return;
    this.lastPacketAt = Date.now();
    this.context.metrics.add("bytes.received", chunk.length);
    this.guard(() => this.frames.push(chunk, (frame) => this.handle(frame)));
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      if (this.state === "open") this.kick(error.reason);
      else if (error.reason === Reason.unsupportedVersion) {
        this.write(encodeConnack(4, false, ReturnCode.unacceptableVersion));
      }
      this.close();
    }
  }

  private handle(frame: Frame): boolean {
    if (this.state === "closed") return false;
    this.context.metrics.add("packets.received");
    if (this.waiting) {
      this.waiting.push({ ...frame, body: Buffer.from(frame.body) });
      return true;
    }
    if (this.state === "new") {
      if (frame.type !== PacketType.connect) throw new MalformedPacket("expected CONNECT");
      void this.connect(decodeConnect(frame));
      return true;
    }
    this.dispatch(frame);
    return !this.hasClosed();
  }

  private hasClosed(): boolean {
    return this.state === "closed";
  }

  private dispatch(frame: Frame): void {
    const session = this.session;
    if (!session) return;
    if (frame.type === PacketType.pingreq) {
      this.context.metrics.add("packets.pingreq.received");
      this.context.metrics.add("packets.pingresp.sent");
      this.write(encodePingresp());
    } else if (frame.type === PacketType.disconnect) {
      this.disconnect(frame, session);
    } else if (frame.type === PacketType.connect) {
      throw new MalformedPacket("second CONNECT", Reason.protocolError);
    } else {
      this.context.handlers.handle(this, session, frame);
    }
  }

  private disconnect(frame: Frame, session: Session): void {
    this.context.metrics.add("packets.disconnect.received");
    const { reason, properties } = decodeDisconnect(frame, this.version);
    const expiry = numberProperty(properties, Property.sessionExpiry);
    if (expiry !== undefined && session.expiryMs > 0) session.expiryMs = expiryMs(expiry);
    this.normalEnd = reason === Reason.success;
    this.close();
  }

  private async connect(packet: ConnectPacket): Promise<void> {
    const { metrics, handlers } = this.context;
    this.state = "opening";
    this.version = packet.version;
    this.username = packet.username;
    this.waiting = [];
    metrics.add("packets.connect.received");
    metrics.add("client.connect");
    const assigned = packet.clientId === "" ? `auto-${handlers.newClientId()}` : undefined;
    const refused = this.refusal(packet);
    if (refused !== undefined) {
      metrics.add("packets.connack.error");
      this.acknowledge(refused, false);
      this.close();
      return;
    }
    this.receiveMaximum = numberProperty(packet.properties, Property.receiveMaximum) ?? 0xffff;
    this.maxPacketSize =
      numberProperty(packet.properties, Property.maximumPacketSize) ?? EMPTY_LIMIT;
    this.keepalive = packet.keepalive;
    this.silence = packet.keepalive * 1500;
    const clientId = assigned ?? packet.clientId;
    const { session, present } = await this.context.broker.open({
      clientId,
      cleanStart: packet.cleanStart,
      expiryMs: handlers.expiryOf(packet),
      channel: this,
      will: handlers.willOf(packet, clientId),
    });
    if (this.hasClosed()) {
      this.context.broker.closed(session, this, false);
      return;
    }
    // Another connection of the same client may have taken the session while this one waited.
    if (session.channel !== this) return;
    this.session = session;
    this.state = "open";
    metrics.add("client.connected");
    metrics.add("client.connack");
    this.acknowledge(0, present, assigned);
    session.attach(this);
    const waiting = this.waiting;
    this.waiting = undefined;
    this.guard(() => waiting.every((frame) => this.handle(frame)));
  }

  private refusal(packet: ConnectPacket): number | undefined {
    const refused = this.context.refusal(packet.clientId);
    if (refused !== undefined) return this.version === 5 ? refused : ReturnCode.serverUnavailable;
    if (packet.clientId.length > (this.context.limits.maxClientIdLength ?? 0xffff)) {
      return this.version === 5 ? Reason.clientIdNotValid : ReturnCode.identifierRejected;
    }
    const anonymous = packet.clientId === "" && this.version < 5;
    if (anonymous && (this.version === 3 || !packet.cleanStart)) {
      return ReturnCode.identifierRejected;
    }
    return undefined;
  }

  private acknowledge(code: number, present: boolean, assignedClientId?: string): void {
    const { limits: own, metrics } = this.context;
    const { maxPacketSize, maxInflight } = own;
    metrics.add("packets.connack.sent");
    const limits = { maxPacketSize, receiveMaximum: maxInflight, assignedClientId };
    this.write(encodeConnack(this.version, present, code, code === 0 ? limits : undefined));
  }
}

/** MQTT 5 session expiry in seconds, as milliseconds; the largest value means never. */
export function expiryMs(seconds: number): number {
  return seconds === 0xffff_ffff ? Infinity : seconds * 1000;
}
