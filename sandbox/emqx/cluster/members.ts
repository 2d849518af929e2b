import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Mesh } from "./mesh";

/** A core node in the cluster's schema; it stays listed while it is stopped, until it is forced to leave. */
export interface Member {
  name: string;
  address: string;
  running: boolean;
}

/** The cluster's schema as this node knows it, kept in the data folder as Mnesia's is. */
export class Members {
  /** Every node name that ever came up here: for EMQX an atom that exists. */
  readonly seen = new Set<string>();
  private readonly members = new Map<string, Member>();
  private peerNames: readonly string[] | undefined;
  private readonly downListeners: ((name: string) => void)[] = [];
  private readonly upListeners: ((name: string) => void)[] = [];

  constructor(
    private readonly mesh: Mesh,
    private readonly file: string,
  ) {
    this.reset();
    for (const { name, address } of readSchema(file)) {
      this.seen.add(name);
      if (name !== mesh.self.name) this.members.set(name, { name, address, running: false });
    }
    mesh.onDown((name) => this.down(name));
  }

  get self(): string {
    return this.mesh.self.name;
  }

  onDown(listener: (name: string) => void): void {
    this.downListeners.push(listener);
  }

  onUp(listener: (name: string) => void): void {
    this.upListeners.push(listener);
  }

  has(name: string): boolean {
    return this.members.has(name);
  }

  addressOf(name: string): string | undefined {
    return this.members.get(name)?.address;
  }

  isRunning(name: string): boolean {
    return this.members.get(name)?.running === true;
  }

  all(): Member[] {
    return [...this.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  running(): string[] {
    return this.all().flatMap((member) => (member.running ? [member.name] : []));
  }

  /** The running members except this node. */
  peers(): readonly string[] {
    this.peerNames ??= this.running().filter((name) => name !== this.self);
    return this.peerNames;
  }

  broadcast(kind: string, ...args: unknown[]): void {
    for (const name of this.peers()) this.mesh.send(name, [kind, ...args]);
  }

  up(name: string, address: string): void {
    const known = this.members.get(name);
    this.seen.add(name);
    this.members.set(name, { name, address, running: true });
    this.peerNames = undefined;
    this.save();
    if (!known?.running) for (const listener of this.upListeners) listener(name);
  }

  /** Lists a member that isn't running (yet). */
  add(name: string, address: string): void {
    if (this.members.has(name)) return;
    this.seen.add(name);
    this.members.set(name, { name, address, running: false });
    this.save();
  }

  down(name: string): void {
    const member = this.members.get(name);
    if (!member?.running || name === this.self) return;
    member.running = false;
    this.peerNames = undefined;
    for (const listener of this.downListeners) listener(name);
  }

  remove(name: string): void {
    if (name === this.self) return;
    this.down(name);
    if (this.members.delete(name)) this.save();
  }

  /** Leaves the cluster: only this node is left in the schema. */
  reset(): void {
    for (const name of this.members.keys()) this.down(name);
    this.members.clear();
    this.seen.add(this.self);
    this.members.set(this.self, {
      name: this.self,
      address: this.mesh.self.address,
      running: true,
    });
  }

  save(): void {
    mkdirSync(dirname(this.file), { recursive: true });
    const rows = this.all().map(({ name, address }) => ({ name, address }));
    writeFileSync(this.file, JSON.stringify(rows));
  }
}

function readSchema(file: string): { name: string; address: string }[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { name: string; address: string }[];
  } catch {
    // A node without a schema is a new node.
    return [];
  }
}
