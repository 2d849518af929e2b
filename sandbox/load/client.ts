import net from "node:net";
import type { Packet } from "mqtt-packet";
import * as codec from "./codec";
import { Frames } from "./frames";
import type { Endpoint } from "./options";
import type { ClientPlan } from "./plan";

/** What a client needs of its fleet. */
export interface ClientHost {
  readonly keepaliveSeconds: number;
  endpoint(): Endpoint | undefined;
  clientId(index: number): string;
  topic(channel: number): string;
  /** Wakes the client after some milliseconds, instead of any wake-up before. */
  wake(client: Client, milliseconds: number): void;
  reconnectDelay(): number;
  attempted(client: Client, endpoint: Endpoint): void;
  /** The broker has answered: the endpoint with the pod that a connection has reached. */
  reached(client: Client, endpoint: Endpoint, localPort: number): Endpoint;
  accepted(client: Client, endpoint: Endpoint, attemptedAt: number, sessionPresent: boolean): void;
  refused(client: Client, reason: string): void;
  lost(client: Client, endpoint: Endpoint, reason: string): void;
  ready(client: Client): void;
  received(client: Client, payload: string): void;
  acknowledged(message: number): void;
}

type State = "away" | "waiting" | "connecting" | "subscribing" | "ready";

/** Milliseconds for an answer to CONNECT or SUBSCRIBE. */
const ANSWER_TIMEOUT = 20_000;

/** One MQTT client on a bare socket, which comes back whenever it is disconnected. */
export class Client {
  state: State = "waiting";
  /** Accepted at least once, so that a session is expected when it comes back. */
  known = false;
  private socket: net.Socket | undefined;
  private target: Endpoint | undefined;
  private frames = new Frames();
  private attemptedAt = 0;
  private subscribed = false;
  private pinged = false;
  private staysAway = false;
  private nextId = 2;
  /** Messages without an acknowledgement, by packet identifier. */
  private readonly unacknowledged = new Map<number, { message: number; topic: string }>();

  constructor(
    readonly index: number,
    readonly plan: ClientPlan,
    private readonly host: ClientHost,
  ) {}

  get accepted(): boolean {
    return this.state === "subscribing" || this.state === "ready";
  }

  get idle(): boolean {
    return this.unacknowledged.size === 0;
  }

  /** The fleet's wheel says that it is time for what comes next. */
  wake(): void {
    if (this.state === "away") return;
    if (this.state === "waiting") return this.connect();
    if (this.state === "ready" && !this.pinged) {
      this.pinged = true;
      this.socket?.write(codec.PING);
      return this.host.wake(this, this.host.keepaliveSeconds * 500);
    }
    this.drop("no answer in time");
  }

  connect(): void {
    const endpoint = this.host.endpoint();
    if (!endpoint) {
      this.host.refused(this, "no ready endpoint");
      return this.later();
    }
    this.staysAway = false;
    this.state = "connecting";
    this.target = endpoint;
    this.frames = new Frames();
    this.attemptedAt = Date.now();
    this.host.attempted(this, endpoint);
    const socket = net.connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
    this.socket = socket;
    let reason = "closed";
    socket.on("connect", () => this.introduce());
    socket.on("data", (chunk: Buffer) => this.socket === socket && this.read(chunk));
    socket.on("error", (error: NodeJS.ErrnoException) => (reason = error.code ?? error.message));
    socket.on("end", () => this.socket === socket && this.drop("closed"));
    socket.on("close", () => this.socket === socket && this.drop(reason));
    this.host.wake(this, ANSWER_TIMEOUT);
  }

  /** Ends the connection and stays away until `connect`. */
  leave(): void {
    this.staysAway = true;
    this.socket?.write(codec.DISCONNECT);
    this.drop("left");
  }

  /** Sends a message; returns false when the client can't now. */
  publish(topic: string, message: () => number): boolean {
    if (this.state !== "ready" || this.unacknowledged.size > 20) return false;
    const id = this.freeId();
    const number = message();
    this.unacknowledged.set(id, { message: number, topic });
    this.socket?.write(codec.publishPacket(topic, `${number}`, id, false, this.plan.version));
    return true;
  }

  private introduce(): void {
    const { version, persistent } = this.plan;
    const clientId = this.host.clientId(this.index);
    const keepalive = this.host.keepaliveSeconds;
    this.socket?.write(codec.connectPacket({ clientId, version, persistent, keepalive }));
  }

  private read(chunk: Buffer): void {
    const socket = this.socket;
    try {
      for (const frame of this.frames.push(chunk)) {
        if (this.socket === socket) this.handle(codec.decode(frame, this.plan.version));
      }
    } catch (error) {
      this.drop(`malformed packet: ${String(error)}`);
    }
  }

  private handle(packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        if (this.target && this.socket) {
          this.target = this.host.reached(this, this.target, this.socket.localPort ?? 0);
        }
        return this.welcomed(packet.reasonCode ?? packet.returnCode ?? 0, packet.sessionPresent);
      case "suback":
        return this.subscribedTo(packet.granted.map(Number));
      case "publish":
        if (packet.qos === 1) this.socket?.write(codec.pubackPacket(packet.messageId ?? 0));
        return this.host.received(this, packet.payload.toString());
      case "puback":
        return this.publishedAs(packet.messageId ?? 0, packet.reasonCode ?? 0);
      case "pingresp":
        this.pinged = false;
        return this.host.wake(this, this.host.keepaliveSeconds * 500);
      case "disconnect":
        return this.drop(`DISCONNECT 0x${(packet.reasonCode ?? 0).toString(16)}`);
    }
  }

  private welcomed(reason: number, sessionPresent: boolean): void {
    if (reason !== 0) return this.drop(`CONNACK 0x${reason.toString(16)}`);
    if (!this.target) return;
    this.state = "subscribing";
    this.host.accepted(this, this.target, this.attemptedAt, sessionPresent);
    this.known = true;
    const resumed = this.plan.persistent && sessionPresent;
    if (this.plan.channel === undefined || (resumed && this.subscribed))
      return this.settle(resumed);
    this.socket?.write(
      codec.subscribePacket(this.host.topic(this.plan.channel), this.plan.version),
    );
    // A session that is new again has forgotten what was sent, so nothing is a repetition.
    this.resend(resumed);
  }

  private subscribedTo(granted: number[]): void {
    if (granted.some((code) => code > 1)) return this.drop(`SUBACK ${granted.join()}`);
    this.subscribed = true;
    this.becomeReady();
  }

  private settle(resumed: boolean): void {
    this.resend(resumed);
    this.becomeReady();
  }

  private becomeReady(): void {
    this.state = "ready";
    this.pinged = false;
    // The first ping at a moment of its own, so that the fleet does not ping all at once.
    this.host.wake(this, this.host.keepaliveSeconds * (250 + 250 * Math.random()));
    this.host.ready(this);
  }

  private resend(dup: boolean): void {
    for (const [id, { message, topic }] of this.unacknowledged) {
      this.socket?.write(codec.publishPacket(topic, `${message}`, id, dup, this.plan.version));
    }
  }

  private publishedAs(id: number, reason: number): void {
    const sent = this.unacknowledged.get(id);
    this.unacknowledged.delete(id);
    if (sent && reason < 0x80) this.host.acknowledged(sent.message);
  }

  /** The connection is over, whoever ended it: counted once, then the client comes back. */
  private drop(reason: string): void {
    const { socket, target, accepted } = this;
    if (!socket) return;
    this.socket = undefined;
    socket.destroySoon();
    this.state = "away";
    if (accepted && target) this.host.lost(this, target, reason);
    else this.host.refused(this, reason);
    if (!this.staysAway) this.later();
  }

  private later(): void {
    this.state = "waiting";
    this.host.wake(this, this.host.reconnectDelay());
  }

  private freeId(): number {
    while (this.unacknowledged.has(this.nextId)) this.nextId = 2 + ((this.nextId - 1) % 65_000);
    const id = this.nextId;
    this.nextId = 2 + ((id - 1) % 65_000);
    return id;
  }
}
