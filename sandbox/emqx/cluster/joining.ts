import { log } from "../log";
import type { Message } from "../broker/message";
import type { Identity, Members } from "./members";
import type { Mesh } from "./mesh";
import { RpcError } from "./mesh";

/** Tables of which every node holds a copy; a node that joins gets them from the one that it joins. */
export interface SharedTables {
  retained: Message[];
  config: string;
  apiKeys: [string, { secretHash: string; role: string }][];
}

/** What nodes tell each other about themselves when they meet. */
export interface OwnState {
  clients: [clientId: string, claimedAt: number][];
  routes: string[];
  groups: [string, string][];
}

/** What joining needs from the node. */
export interface JoiningHooks {
  clusterName: string;
  refuse: boolean;
  stopApps(): Promise<void>;
  startApps(): Promise<void>;
  ownState(): OwnState;
  learn(node: string, state: OwnState): void;
  sharedTables(): SharedTables;
  adoptTables(tables: SharedTables): void;
}

interface Hello extends Identity {
  /** Set by the first node that a joining one meets, to get the shared tables. */
  tables: boolean;
  /** Set by a node that believes it is a member already. */
  again: boolean;
}

interface Greeting {
  known: boolean;
  self?: Identity;
  tables?: SharedTables;
  /** Told to a core that comes back: its schema doesn't list replicants. */
  replicants?: Identity[];
}

/** Where a node is reached. */
type Address = Pick<Identity, "name" | "address">;

const TIMEOUT = 5000;

/** How nodes become members of one cluster and leave it. */
export class Joining {
  /** True while this node changes clusters. */
  busy = false;
  /** False after the node was told to leave: it stays alone until it is invited or restarted. */
  discovers = true;
  /** True from a join on that worked; a replicant serves only then. */
  attached = false;

  constructor(
    private readonly mesh: Mesh,
    private readonly members: Members,
    private readonly hooks: JoiningHooks,
  ) {
    mesh.serve("cluster.join", (argument) =>
      this.admit(argument as Identity & { cluster: string }),
    );
    mesh.serve("cluster.hello", (argument, from) => this.welcome(argument as Hello, from));
    mesh.serve("cluster.leave", () => this.leave());
    mesh.serve("cluster.invite", (argument) => this.join(argument as Address));
    mesh.on("state", (from, state) => hooks.learn(from, state as OwnState));
    mesh.on("left", (from) => members.remove(from));
    mesh.on("forget", (_from, name) => members.remove(String(name)));
  }

  /** Joins the cluster of `target`: this node's apps stop, its state is replaced, its apps start again. */
  async join(target: Address): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    let joined = false;
    log("info", `msg: join_cluster, node: ${target.name}`);
    await this.hooks.stopApps();
    this.members.broadcast("left");
    this.members.reset();
    try {
      const self = this.members.me;
      const rows = await this.mesh.call<Identity[]>(
        target.name,
        "cluster.join",
        { ...self, cluster: this.hooks.clusterName },
        TIMEOUT,
      );
      for (const row of rows) {
        if (row.name === self.name) continue;
        this.members.add(row);
        // Also those that don't run: one of them may be joining at the same moment.
        await this.greet(row, { tables: row.name === target.name, again: false });
      }
      joined = this.members.isRunning(target.name);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      log("error", `msg: failed_to_join_cluster, node: ${target.name}, reason: ${error.message}`);
    } finally {
      this.busy = false;
      // A replicant holds no data of its own: without a core it serves nobody.
      const isCore = this.members.me.role === "core";
      this.attached = joined;
      if (!isCore && !joined) this.members.reset();
      if (isCore || joined) await this.hooks.startApps();
    }
    return joined;
  }

  /** A replicant's way out when no core of its release is left: it serves nobody until it has joined again. */
  async standBy(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.attached = false;
    await this.hooks.stopApps();
    this.members.broadcast("left");
    this.members.reset();
    this.busy = false;
  }

  /** Meets a member again; false when it doesn't know this node (any more) or is down. */
  async greet(member: Address, how: Omit<Hello, keyof Identity>): Promise<boolean> {
    if (!(await this.mesh.connect(member.name, member.address))) return false;
    try {
      const request = { ...this.members.me, ...how };
      const greeting = await this.mesh.call<Greeting>(
        member.name,
        "cluster.hello",
        request,
        TIMEOUT,
      );
      if (!greeting.known || !greeting.self) return false;
      if (greeting.tables) this.hooks.adoptTables(greeting.tables);
      this.members.up(greeting.self);
      this.mesh.send(member.name, ["state", this.hooks.ownState()]);
      for (const replicant of greeting.replicants ?? []) {
        const isNew = !this.members.isRunning(replicant.name);
        if (isNew) await this.greet(replicant, { tables: false, again: true });
      }
      return true;
    } catch (error) {
      if (error instanceof RpcError) return false;
      throw error;
    }
  }

  /** Removes another core from the cluster, running or not; replicants aren't in the schema. */
  async forceLeave(name: string): Promise<boolean> {
    if (!this.members.listed().some((member) => member.name === name && member.role === "core")) {
      return false;
    }
    if (this.members.isRunning(name)) {
      await this.mesh.call(name, "cluster.leave", undefined, 15_000).catch(() => undefined);
    }
    this.members.broadcast("forget", name);
    this.members.remove(name);
    return true;
  }

  private admit(joiner: Identity & { cluster: string }): Identity[] {
    const { me } = this.members;
    if (this.hooks.refuse || this.busy) throw new Error("join refused");
    if (me.role !== "core") throw new Error("not a core node");
    if (joiner.cluster !== this.hooks.clusterName) {
      throw new Error(`cluster name is not ${joiner.cluster}`);
    }
    if (joiner.role === "replicant" && joiner.release !== me.release) {
      throw new Error(`a replicant of ${joiner.release} can't follow a core of ${me.release}`);
    }
    this.members.down(joiner.name);
    this.members.add(joiner);
    return this.members.all();
  }

  private welcome({ tables, again, ...node }: Hello, from: string): Greeting {
    const isMember = node.role === "replicant" || this.members.has(node.name);
    if (again && !isMember) return { known: false };
    this.members.up(node);
    this.mesh.send(from, ["state", this.hooks.ownState()]);
    return {
      known: true,
      self: this.members.me,
      tables: tables ? this.hooks.sharedTables() : undefined,
      replicants: again
        ? this.members.all().filter(({ role, running }) => running && role === "replicant")
        : undefined,
    };
  }

  private async leave(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.discovers = false;
    log("warning", "msg: node_force_leave, the node leaves the cluster and restarts its apps");
    await this.hooks.stopApps();
    this.members.reset();
    this.members.save();
    this.busy = false;
    void this.hooks.startApps();
  }
}
