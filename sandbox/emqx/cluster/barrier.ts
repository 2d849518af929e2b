import type { Members } from "./members";
import type { Mesh } from "./mesh";

/** A session that settles here and is still held by the node that it came from. */
export interface Settling {
  /** The old owner. */
  from: string;
  /** Identifies the hand-over. */
  id: string;
}

interface Generation {
  waiting: Set<string>;
  done(): void;
}

interface Flush {
  participants: string[] | undefined;
  ids: string[];
  arrived: Set<string>;
}

/** Milliseconds after which a silent node no longer holds up the others. */
const PATIENCE = 5000;

/**
 * Tells when every node has applied what this one broadcast before (routes, registrations), and tells old owners of
 * moved sessions when nothing can reach them any more. Each peer answers after it has applied the changes, and first
 * sends a marker to the old owners: links keep order, so whatever it sent them under the old routes comes before it.
 * Requests that come while a round is under way share the next one.
 */
export class Barrier {
  private readonly generations = new Map<number, Generation>();
  private readonly flushes = new Map<string, Flush>();
  private waiters: (() => void)[] = [];
  private settling: Settling[] = [];
  private round = 0;
  private running = false;
  private scheduled = false;

  /** @param flushed called on an old owner when the hand-overs `ids` to `node` are complete */
  constructor(
    private readonly mesh: Mesh,
    private readonly members: Members,
    private readonly flushed: (node: string, ids: string[]) => void,
  ) {
    mesh.on("barrier", (from, round, olds) => this.apply(from, Number(round), olds as string[]));
    mesh.on("barrier-ok", (from, round) => this.acknowledged(from, Number(round)));
    mesh.on("flush", (from, node, round) => this.marker(from, String(node), Number(round)));
    mesh.on("flush-ids", (from, round, ids, participants) => {
      const flush = this.flush(from, Number(round));
      flush.ids = ids as string[];
      flush.participants = participants as string[];
      this.check(from, Number(round));
    });
    members.onDown((name) => this.nodeDown(name));
  }

  /** Resolves when all running nodes have applied what was broadcast so far. */
  settle(...settling: Settling[]): Promise<void> {
    if (this.members.peers().length === 0 && settling.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiters.push(resolve);
      this.settling.push(...settling);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.running || this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.begin();
    });
  }

  private begin(): void {
    const round = (this.round += 1);
    const waiters = this.waiters;
    const settling = this.settling;
    this.waiters = [];
    this.settling = [];
    this.running = true;
    const peers = this.members.peers();
    const byOwner = new Map<string, string[]>();
    for (const { from, id } of settling) byOwner.set(from, [...(byOwner.get(from) ?? []), id]);
    const olds = [...byOwner.keys()];
    const timer = setTimeout(() => this.complete(round), PATIENCE);
    this.generations.set(round, {
      waiting: new Set(peers),
      done: () => {
        clearTimeout(timer);
        for (const waiter of waiters) waiter();
        this.running = false;
        if (this.waiters.length > 0) this.schedule();
      },
    });
    for (const peer of peers) this.mesh.send(peer, ["barrier", round, olds]);
    for (const [owner, ids] of byOwner) this.mesh.send(owner, ["flush-ids", round, ids, peers]);
    if (peers.length === 0) this.complete(round);
  }

  private complete(round: number): void {
    const generation = this.generations.get(round);
    this.generations.delete(round);
    generation?.done();
  }

  private acknowledged(from: string, round: number): void {
    const waiting = this.generations.get(round)?.waiting;
    waiting?.delete(from);
    if (waiting?.size === 0) this.complete(round);
  }

  private apply(from: string, round: number, olds: string[]): void {
    this.mesh.send(from, ["barrier-ok", round]);
    for (const old of olds) {
      if (old === this.members.self) this.marker(old, from, round);
      else this.mesh.send(old, ["flush", from, round]);
    }
  }

  private flush(node: string, round: number): Flush {
    const key = `${node}/${round}`;
    let flush = this.flushes.get(key);
    if (!flush) {
      flush = { participants: undefined, ids: [], arrived: new Set() };
      this.flushes.set(key, flush);
    }
    return flush;
  }

  private marker(from: string, node: string, round: number): void {
    this.flush(node, round).arrived.add(from);
    this.check(node, round);
  }

  private check(node: string, round: number): void {
    const flush = this.flushes.get(`${node}/${round}`);
    if (!flush?.participants) return;
    const missing = flush.participants.some(
      (name) => !flush.arrived.has(name) && this.members.isRunning(name),
    );
    if (missing) return;
    this.flushes.delete(`${node}/${round}`);
    this.flushed(node, flush.ids);
  }

  private nodeDown(name: string): void {
    for (const round of [...this.generations.keys()]) this.acknowledged(name, round);
    for (const key of [...this.flushes.keys()]) {
      const slash = key.lastIndexOf("/");
      const node = key.slice(0, slash);
      if (node === name) this.flushes.delete(key);
      else this.check(node, Number(key.slice(slash + 1)));
    }
  }
}
