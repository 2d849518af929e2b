import type { Broker } from "../broker/broker";
import type { Message } from "../broker/message";
import type { Arrival, Session, SessionSnapshot } from "../broker/session";
import type { Losses } from "../switches/losses";
import { Barrier } from "./barrier";
import type { Members } from "./members";
import type { Mesh } from "./mesh";
import { RpcError } from "./mesh";

type TakeAnswer =
  | { status: "none" }
  | { status: "moved"; to: string }
  | { status: "taken"; snapshot: SessionSnapshot };

interface LeavingSession {
  id: string;
  session: Session;
  to: string;
}

/** Of 440 subscribers that came back while their sessions were moved, 10 missed one message (emqx-observed.md). */
const LOSSY_EVERY = 40;

/** A session that settles here: what the old owner sends comes first, then what came directly and wasn't among it. */
class ArrivingSession implements Arrival {
  session: Session | undefined;
  readonly settled: Promise<void>;
  private resolve: () => void = () => undefined;
  private early: [string, Message][] = [];
  private readonly held: [string, Message][] = [];
  private readonly seen = new Set<string>();
  private finished = false;

  constructor(readonly from: string) {
    this.settled = new Promise((resolve) => (this.resolve = resolve));
  }

  install(session: Session): void {
    this.session = session;
    for (const [filter, message] of this.early) session.accept(filter, message);
    this.early = [];
    if (!this.finished) session.arrival = this;
  }

  /** A message that the old owner got for the session. */
  forwarded(filter: string, message: Message): void {
    this.seen.add(`${message.id} ${filter}`);
    if (this.session) this.session.accept(filter, message);
    else this.early.push([filter, message]);
  }

  hold(filter: string, message: Message): void {
    this.held.push([filter, message]);
  }

  finish(): void {
    if (this.finished) return;
    this.finished = true;
    if (this.session) {
      this.session.arrival = undefined;
      for (const [filter, message] of this.held) {
        if (!this.seen.has(`${message.id} ${filter}`)) this.session.accept(filter, message);
      }
    }
    this.resolve();
  }
}

/**
 * Moves sessions between nodes without losing or repeating a message: the old owner keeps the session until every node
 * routes to the new one, and until then sends on whatever it still gets (see Barrier).
 */
export class Handover {
  readonly barrier: Barrier;
  private readonly leaving = new Map<string, LeavingSession>();
  private readonly arriving = new Map<string, ArrivingSession>();
  private moves = 0;
  private lossy = 0;

  constructor(
    private readonly mesh: Mesh,
    private readonly members: Members,
    private readonly broker: Broker,
    /** True while what leaves this node may lose a message on the way, as in EMQX. */
    private readonly isLossy: () => boolean,
    private readonly losses: Losses,
  ) {
    this.barrier = new Barrier(mesh, members, (node, ids) => this.flushed(node, ids));
    mesh.serve("session.take", (argument, from) => this.give(argument as TakeRequest, from));
    mesh.serve("session.discard", (argument) => broker.discard(String(argument)));
    mesh.serve("session.adopt", (argument, from) => this.adopt(argument as AdoptRequest, from));
    mesh.serve("session.fetch", (argument) => broker.openOffline(String(argument)));
    mesh.on("handover", (_from, id, filter, message) => {
      this.arriving.get(String(id))?.forwarded(String(filter), message as Message);
    });
    mesh.on("handover-done", (_from, ids) => (ids as string[]).forEach((id) => this.finish(id)));
    members.onDown((name) => this.nodeDown(name));
  }

  /** Sessions that are on their way to another node. */
  get leavingCount(): number {
    return this.leaving.size;
  }

  /** Fetches a client's session from another node; undefined when there is none any more. */
  async take(clientId: string, owner: string, moves = false): Promise<Session | undefined> {
    const deadline = Date.now() + 5000;
    let holder = owner;
    while (Date.now() < deadline) {
      const here = this.broker.sessions.get(clientId);
      if (here && !here.departure) return here;
      const id = `${this.members.self}/${(this.moves += 1)}`;
      const arrival = new ArrivingSession(holder);
      this.arriving.set(id, arrival);
      const answer = await this.ask(holder, { clientId, id, moves });
      if (answer?.status === "taken") return this.settle(id, arrival, answer.snapshot);
      this.arriving.delete(id);
      if (answer?.status === "moved") holder = answer.to === this.members.self ? owner : answer.to;
      else if (holder === owner || answer === undefined) return undefined;
      // The node that the session is being sent to may not have got it yet.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return undefined;
  }

  /** Ends a client's session on another node. */
  async discard(clientId: string, owner: string): Promise<void> {
    try {
      await this.mesh.call(owner, "session.discard", clientId, 5000);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
  }

  /** Moves an offline session to another node; false when it stays because that node can't be reached. */
  async send(session: Session, to: string): Promise<boolean> {
    if (session.arrival instanceof ArrivingSession) await session.arrival.settled;
    // While it settled a client may have taken it somewhere else.
    if (session.departure || this.broker.sessions.get(session.clientId) !== session) return true;
    const id = `${this.members.self}/${(this.moves += 1)}`;
    const snapshot = this.depart(session, id, to);
    try {
      await this.mesh.call(to, "session.adopt", { clientId: session.clientId, id, snapshot });
      return true;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.revert(id);
      return false;
    }
  }

  private async ask(holder: string, request: TakeRequest): Promise<TakeAnswer | undefined> {
    try {
      return await this.mesh.call<TakeAnswer>(holder, "session.take", request, 15_000);
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }

  private settle(id: string, arrival: ArrivingSession, snapshot: SessionSnapshot): Session {
    const session = this.broker.install(snapshot);
    arrival.install(session);
    void this.barrier.settle({ from: arrival.from, id });
    return session;
  }

  private async give({ clientId, id, moves }: TakeRequest, from: string): Promise<TakeAnswer> {
    let session = this.broker.sessions.get(clientId);
    if (session?.arrival instanceof ArrivingSession) await session.arrival.settled;
    session = this.broker.sessions.get(clientId);
    if (!session) return { status: "none" };
    if (session.departure) return { status: "moved", to: session.departure.to };
    if (moves && session.channel) this.losses.secondCut(clientId);
    this.broker.cut(session, "takenover");
    return { status: "taken", snapshot: this.depart(session, id, from) };
  }

  private adopt({ clientId, id, snapshot }: AdoptRequest, from: string): boolean {
    if (this.broker.sessions.has(clientId)) throw new Error(`${clientId} has a session here`);
    const arrival = new ArrivingSession(from);
    this.arriving.set(id, arrival);
    this.settle(id, arrival, snapshot);
    return true;
  }

  private depart(session: Session, id: string, to: string): SessionSnapshot {
    const send = (filter: string, message: Message): void =>
      this.mesh.send(to, ["handover", id, filter, message]);
    const snapshot = session.snapshot();
    const newest = snapshot.queue.at(-1);
    if (newest && this.isLossy()) {
      this.lossy += 1;
      if (this.lossy % LOSSY_EVERY === 1) {
        snapshot.queue = snapshot.queue.slice(0, -1);
        this.losses.message(session.clientId, newest.message.payload);
      }
    }
    session.departure = { id, to, forward: send };
    this.leaving.set(id, { id, session, to });
    return snapshot;
  }

  private flushed(node: string, ids: string[]): void {
    for (const id of ids) {
      const leaving = this.leaving.get(id);
      this.leaving.delete(id);
      if (leaving) this.broker.forget(leaving.session);
    }
    this.mesh.send(node, ["handover-done", ids]);
  }

  private finish(id: string): void {
    this.arriving.get(id)?.finish();
    this.arriving.delete(id);
  }

  private revert(id: string): void {
    const leaving = this.leaving.get(id);
    this.leaving.delete(id);
    if (leaving) this.broker.keep(leaving.session);
  }

  private nodeDown(name: string): void {
    for (const { id, to } of [...this.leaving.values()]) if (to === name) this.revert(id);
    for (const [id, arrival] of [...this.arriving]) if (arrival.from === name) this.finish(id);
  }
}

interface TakeRequest {
  clientId: string;
  id: string;
  /** An evacuation moves the session, no client asks for it. */
  moves?: boolean;
}

interface AdoptRequest extends TakeRequest {
  snapshot: SessionSnapshot;
}
