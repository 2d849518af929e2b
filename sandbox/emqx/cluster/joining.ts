import { log } from "../log";
import type { Message } from "../broker/message";
import type { Members } from "./members";
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

interface Identity {
  name: string;
  address: string;
}

interface Hello extends Identity {
  /** Set by the first node that a joining one meets, to get the shared tables. */
  tables: boolean;
  /** Set by a node that believes it is a member already. */
  again: boolean;
}

type Greeting = { known: boolean; tables?: SharedTables };

const TIMEOUT = 5000;

/** How nodes become members of one cluster and leave it. */
export class Joining {
  /** True while this node changes clusters. */
  busy = false;
  /** False after the node was told to leave: it stays alone until it is invited or restarted. */
  discovers = true;

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
    mesh.serve("cluster.invite", (argument) => this.join(argument as Identity));
    mesh.on("state", (from, state) => hooks.learn(from, state as OwnState));
    mesh.on("left", (from) => members.remove(from));
    mesh.on("forget", (_from, name) => members.remove(String(name)));
  }

  /** Joins the cluster of `target`: this node's apps stop, its state is replaced, its apps start again. */
  async join(target: Identity): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    log("info", `msg: join_cluster, node: ${target.name}`);
    await this.hooks.stopApps();
    this.members.broadcast("left");
    this.members.reset();
    try {
      const self = this.identity();
      const rows = await this.mesh.call<Identity[]>(
        target.name,
        "cluster.join",
        { ...self, cluster: this.hooks.clusterName },
        TIMEOUT,
      );
      for (const row of rows) {
        if (row.name === self.name) continue;
        this.members.add(row.name, row.address);
        // Also those that don't run: one of them may be joining at the same moment.
        await this.greet(row, { tables: row.name === target.name, again: false });
      }
      return this.members.isRunning(target.name);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      log("error", `msg: failed_to_join_cluster, node: ${target.name}, reason: ${error.message}`);
      return false;
    } finally {
      this.busy = false;
      await this.hooks.startApps();
    }
  }

  /** Meets a member again; false when it doesn't know this node (any more) or is down. */
  async greet(member: Identity, how: Omit<Hello, keyof Identity>): Promise<boolean> {
    if (!(await this.mesh.connect(member.name, member.address))) return false;
    try {
      const request = { ...this.identity(), ...how };
      const greeting = await this.mesh.call<Greeting>(
        member.name,
        "cluster.hello",
        request,
        TIMEOUT,
      );
      if (!greeting.known) return false;
      if (greeting.tables) this.hooks.adoptTables(greeting.tables);
      this.members.up(member.name, member.address);
      this.mesh.send(member.name, ["state", this.hooks.ownState()]);
      return true;
    } catch (error) {
      if (error instanceof RpcError) return false;
      throw error;
    }
  }

  /** Removes another node from the cluster, running or not. */
  async forceLeave(name: string): Promise<boolean> {
    if (!this.members.has(name)) return false;
    if (this.members.isRunning(name)) {
      await this.mesh.call(name, "cluster.leave", undefined, 15_000).catch(() => undefined);
    }
    this.members.broadcast("forget", name);
    this.members.remove(name);
    return true;
  }

  private identity(): Identity {
    return { name: this.mesh.self.name, address: this.mesh.self.address };
  }

  private admit({ name, address, cluster }: Identity & { cluster: string }): Identity[] {
    if (this.hooks.refuse || this.busy) throw new Error("join refused");
    if (cluster !== this.hooks.clusterName) throw new Error(`cluster name is not ${cluster}`);
    this.members.down(name);
    this.members.add(name, address);
    return this.members.all();
  }

  private welcome({ name, address, tables, again }: Hello, from: string): Greeting {
    if (again && !this.members.has(name)) return { known: false };
    this.members.up(name, address);
    this.mesh.send(from, ["state", this.hooks.ownState()]);
    return { known: true, tables: tables ? this.hooks.sharedTables() : undefined };
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
