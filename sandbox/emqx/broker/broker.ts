import type { Handover } from "../cluster/handover";
import type { Registry } from "../cluster/registry";
import type { MqttSettings } from "../settings/settings";
import { Reason } from "../mqtt/codes";
import type { Message } from "./message";
import type { Metrics } from "./metrics";
import type { Publishing } from "./publishing";
import type { ClientChannel, DeliveryCounters, SessionSnapshot } from "./session";
import { Session } from "./session";
import type { Subscriptions } from "./subscriptions";

/** What a connecting client asks for. */
export interface OpenRequest {
  clientId: string;
  cleanStart: boolean;
  expiryMs: number;
  channel: ClientChannel;
  will: { message: Message; delayMs: number } | undefined;
}

/** The parts of the cluster that sessions need; given once the cluster exists. */
export interface BrokerLinks {
  registry: Registry;
  handover: Handover;
  publishing: Publishing;
  subscriptions: Subscriptions;
}

/** The sessions of this node and what happens to them when clients come and go. */
export class Broker {
  readonly sessions = new Map<string, Session>();
  readonly counters: DeliveryCounters;
  private readonly locks = new Map<string, Promise<unknown>>();
  private links: BrokerLinks | undefined;
  private live = 0;

  constructor(
    private readonly settings: MqttSettings,
    readonly metrics: Metrics,
  ) {
    this.counters = {
      sent: (qos) => {
        metrics.add("messages.sent");
        metrics.add(`messages.qos${qos}.sent`);
        metrics.add("packets.publish.sent");
      },
      dropped: (reason) => {
        metrics.add("delivery.dropped");
        metrics.add(`delivery.dropped.${reason}`);
      },
    };
  }

  connectTo(links: BrokerLinks): void {
    this.links = links;
    links.registry.onClaim = (clientId, _node, claimedAt) => {
      const session = this.sessions.get(clientId);
      if (session && !session.departure && session.claimedAt < claimedAt) {
        this.end(session, Reason.sessionTakenOver);
      }
    };
  }

  private get cluster(): BrokerLinks {
    if (!this.links) throw new Error("The broker isn't connected to a cluster yet.");
    return this.links;
  }

  /** Sessions of this node, connected or not. */
  get sessionCount(): number {
    return this.sessions.size - this.cluster.handover.leavingCount;
  }

  /** Clients that are connected to this node. */
  get liveCount(): number {
    return this.live;
  }

  /** Gives a client its session, from wherever in the cluster it is. */
  async open(request: OpenRequest): Promise<{ session: Session; present: boolean }> {
    return this.exclusively(request.clientId, async () => {
      const found = await this.find(request);
      const session = found ?? this.create(request.clientId);
      session.cleanStart = request.cleanStart;
      session.expiryMs = request.expiryMs;
      session.will = request.will;
      session.willAt = undefined;
      session.connectedAt = Date.now();
      session.disconnectedAt = undefined;
      session.channel = request.channel;
      this.live += 1;
      this.metrics.add(found ? "session.resumed" : "session.created");
      if (!found) await this.cluster.handover.barrier.settle();
      return { session, present: found !== undefined };
    });
  }

  /** Brings a client's session to this node without a client, as an evacuation's recipient does. */
  async openOffline(clientId: string): Promise<boolean> {
    return this.exclusively(clientId, async () => {
      const owner = this.cluster.registry.owner(clientId);
      if (owner === undefined || this.sessions.has(clientId)) return false;
      const session = await this.cluster.handover.take(clientId, owner, true);
      if (session) session.disconnectedAt = Date.now();
      return session !== undefined;
    });
  }

  /** A connection is gone; `normal` means that the client said goodbye and wants no will. */
  closed(session: Session, channel: ClientChannel, normal: boolean): void {
    if (session.channel !== channel) return;
    this.detach(session);
    if (normal) session.will = undefined;
    else this.publishWill(session);
    if (session.expiryMs <= 0) this.end(session);
    else session.disconnectedAt = Date.now();
  }

  /** Closes a session's connection because another one takes it, here or on another node. */
  cut(session: Session, counter: "takenover" | "discarded"): void {
    const channel = session.channel;
    this.metrics.add(`session.${counter}`);
    session.willAt = undefined;
    if (!channel) return;
    this.detach(session);
    if (session.will && session.will.delayMs === 0) this.publishWill(session);
    session.will = undefined;
    session.disconnectedAt = Date.now();
    channel.kick(Reason.sessionTakenOver);
  }

  /** Ends a client's session here because it starts anew elsewhere. */
  discard(clientId: string): boolean {
    const session = this.sessions.get(clientId);
    if (!session || session.departure) return false;
    this.cut(session, "discarded");
    this.end(session);
    return true;
  }

  /** Ends a session; a will that still waits is due now. */
  end(session: Session, kick?: number): void {
    const channel = session.channel;
    if (channel) this.detach(session);
    if (session.will && session.willAt !== undefined) {
      session.willAt = undefined;
      this.cluster.publishing.publish(session.will.message);
    }
    this.metrics.add("session.terminated");
    this.forget(session);
    this.cluster.registry.release(session.clientId);
    if (channel && kick !== undefined) channel.kick(kick);
  }

  /** Drops a session that another node has now. */
  forget(session: Session): void {
    if (this.sessions.get(session.clientId) === session) this.sessions.delete(session.clientId);
    for (const filter of session.subscriptions.keys()) {
      this.cluster.subscriptions.detach(session, filter);
    }
  }

  /** Takes back a session whose new owner went away before it had everything. */
  keep(session: Session): void {
    session.departure = undefined;
    session.claimedAt = performance.timeOrigin + performance.now();
    this.cluster.registry.claim(session.clientId, session.claimedAt);
  }

  /** Sets up a session that another node gave. */
  install(snapshot: SessionSnapshot): Session {
    const session = this.create(snapshot.clientId, snapshot.claimedAt);
    session.restore(snapshot);
    session.disconnectedAt = Date.now();
    for (const [filter, subscription] of snapshot.subscriptions) {
      this.cluster.subscriptions.attach(session, filter, subscription);
    }
    return session;
  }

  private async find(request: OpenRequest): Promise<Session | undefined> {
    const { clientId, cleanStart } = request;
    const { registry, handover } = this.cluster;
    const local = this.sessions.get(clientId);
    if (local && !local.departure) {
      // A client on the same node is resumed by a new connection as it would be from another node.
      if (local.arrival && cleanStart) local.arrival = undefined;
      this.cut(local, cleanStart ? "discarded" : "takenover");
      if (!cleanStart) return local;
      this.end(local);
      return undefined;
    }
    const owner = local?.departure?.to ?? registry.owner(clientId);
    if (owner === undefined) return undefined;
    if (!cleanStart) return handover.take(clientId, owner);
    await handover.discard(clientId, owner);
    return undefined;
  }

  private create(clientId: string, claimedBefore = 0): Session {
    const session = new Session(clientId, this.settings, this.counters);
    session.claimedAt = Math.max(session.claimedAt, claimedBefore + 0.001);
    this.sessions.set(clientId, session);
    this.cluster.registry.claim(clientId, session.claimedAt);
    return session;
  }

  private detach(session: Session): void {
    session.channel = undefined;
    this.live -= 1;
    this.metrics.add("client.disconnected");
  }

  private publishWill(session: Session): void {
    const will = session.will;
    if (!will) return;
    const delay = Math.min(will.delayMs, session.expiryMs);
    if (delay > 0) {
      session.willAt = Date.now() + delay;
      return;
    }
    session.will = undefined;
    this.cluster.publishing.publish(will.message);
  }

  private async exclusively<T>(clientId: string, work: () => Promise<T>): Promise<T> {
    const before = this.locks.get(clientId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.locks.set(clientId, settled);
    try {
      return await mine;
    } finally {
      if (this.locks.get(clientId) === settled) this.locks.delete(clientId);
    }
  }
}
