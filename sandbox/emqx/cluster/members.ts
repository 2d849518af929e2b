import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Mesh } from "./mesh";

/** Cores hold the data; replicants follow a core of their own release. */
export type NodeRole = "core" | "replicant";

/** Who a node is. */
export interface Identity {
  name: string;
  address: string;
  role: NodeRole;
  /** X.Y.Z; empty for a member of the schema that wasn't met since this node started. */
  release: string;
}

/** A node of the cluster. A core stays listed while it is stopped, until it is forced to leave; a replicant vanishes. */
export interface Member extends Identity {
  running: boolean;
}

/** The cluster's schema as this node knows it; a core keeps it in the data folder as Mnesia does. */
export class Members {
  /** Every node name that ever came up here: for EMQX an atom that exists. */
  readonly seen = new Set<string>();
  private readonly members = new Map<string, Member>();
  private peerNames: readonly string[] | undefined;
  private readonly downListeners: ((name: string) => void)[] = [];
  private readonly upListeners: ((name: string) => void)[] = [];

  constructor(
    private readonly mesh: Mesh,
    readonly me: Identity,
    private readonly file: string,
  ) {
    this.reset();
    for (const { name, address } of me.role === "core" ? readSchema(file) : []) {
      this.seen.add(name);
      const row: Member = { name, address, role: "core", release: "", running: false };
      if (name !== me.name) this.members.set(name, row);
    }
    mesh.onDown((name) => this.down(name));
  }

  get self(): string {
    return this.me.name;
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

  /** The nodes that `/nodes` lists: all cores, and the replicants that run. */
  listed(): Member[] {
    return this.all().filter((member) => member.running || member.role === "core");
  }

  running(): string[] {
    return this.all().flatMap((member) => (member.running ? [member.name] : []));
  }

  /** Running cores of one release. */
  coresOf(release: string): Member[] {
    return this.all().filter(
      (member) => member.running && member.role === "core" && member.release === release,
    );
  }

  /** The running members except this node. */
  peers(): readonly string[] {
    this.peerNames ??= this.running().filter((name) => name !== this.self);
    return this.peerNames;
  }

  broadcast(kind: string, ...args: unknown[]): void {
    for (const name of this.peers()) this.mesh.send(name, [kind, ...args]);
  }

  up(node: Identity): void {
    const known = this.members.get(node.name);
    this.seen.add(node.name);
    this.members.set(node.name, { ...identityOf(node), running: true });
    this.peerNames = undefined;
    this.save();
    if (!known?.running) for (const listener of this.upListeners) listener(node.name);
  }

  /** Notes a member that isn't running (yet). */
  add(node: Identity): void {
    if (this.members.has(node.name)) return;
    this.seen.add(node.name);
    this.members.set(node.name, { ...identityOf(node), running: false });
    this.save();
  }

  down(name: string): void {
    const member = this.members.get(name);
    if (!member || name === this.self) return;
    const ran = member.running;
    member.running = false;
    this.peerNames = undefined;
    if (member.role === "replicant") this.members.delete(name);
    if (ran) for (const listener of this.downListeners) listener(name);
  }

  remove(name: string): void {
    if (name === this.self) return;
    this.down(name);
    if (this.members.delete(name)) this.save();
  }

  /** Leaves the cluster: only this node is left in the schema. */
  reset(): void {
    for (const name of [...this.members.keys()]) this.down(name);
    this.members.clear();
    this.peerNames = undefined;
    this.seen.add(this.self);
    this.members.set(this.self, { ...this.me, running: true });
  }

  save(): void {
    if (this.me.role !== "core") return;
    mkdirSync(dirname(this.file), { recursive: true });
    const cores = this.all().filter((member) => member.role === "core");
    const rows = cores.map(({ name, address }) => ({ name, address }));
    writeFileSync(this.file, JSON.stringify(rows));
  }
}

function identityOf({ name, address, role, release }: Identity): Identity {
  return { name, address, role, release };
}

function readSchema(file: string): { name: string; address: string }[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { name: string; address: string }[];
  } catch {
    // A node without a schema is a new node.
    return [];
  }
}
