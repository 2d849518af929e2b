import { log } from "../log";
import type { Discovery } from "../settings/settings";
import { readHosts, resolveHost } from "../settings/hosts";
import type { Joining } from "./joining";
import type { Members } from "./members";
import type { Mesh } from "./mesh";

interface NodeAge {
  name: string;
  address: string;
  startedAt: number;
  clusterName: string;
}

/** Milliseconds between two looks, alone and in a cluster. */
const LONELY_INTERVAL = 300;
const CLUSTERED_INTERVAL = 1000;

/** Finds the other cores and joins the oldest of them, as ekka's autocluster does. */
export class Autocluster {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly mesh: Mesh,
    private readonly members: Members,
    private readonly joining: Joining,
    private readonly discovery: Discovery,
    private readonly hostsFile: string | undefined,
    private readonly startedAt: number,
    private readonly clusterName: string,
  ) {
    const self = mesh.self.name;
    mesh.serve("cluster.age", () => ({
      name: self,
      address: mesh.self.address,
      startedAt,
      clusterName,
    }));
  }

  start(): void {
    if (this.stopped) return;
    void this.look().finally(() => {
      if (this.stopped) return;
      const wait = this.members.peers().length === 0 ? LONELY_INTERVAL : CLUSTERED_INTERVAL;
      this.timer = setTimeout(() => this.start(), wait);
    });
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Meets the members of the schema again after a restart; forgets a cluster that forgot this node. */
  async rejoin(): Promise<void> {
    const others = this.members.all().filter((member) => member.name !== this.members.self);
    if (others.length === 0) return;
    let met = false;
    let unknown = false;
    for (const member of others) {
      const address = this.resolve(member.name) ?? member.address;
      if (!(await this.mesh.connect(member.name, address))) continue;
      const how = { tables: !met, again: true };
      const greeted = await this.joining.greet({ name: member.name, address }, how);
      met ||= greeted;
      unknown ||= !greeted;
    }
    if (unknown && !met) {
      log("warning", "msg: node_not_in_cluster, the schema on disk is dropped");
      this.members.reset();
      this.members.save();
    }
  }

  /** The address of a node by the name service. */
  resolve(name: string): string | undefined {
    return resolveHost(readHosts(this.hostsFile), name.split("@")[1] ?? "");
  }

  private names(): string[] {
    const prefix = this.mesh.self.name.split("@")[0] ?? "";
    const { discovery } = this;
    if (discovery.strategy === "static") return discovery.seeds;
    if (discovery.strategy !== "dns") return [];
    return readHosts(this.hostsFile).flatMap(({ address, names }) => {
      if (!names.includes(discovery.name)) return [];
      const ip = address.replace(/^127\.88\./, "10.88.");
      const target = discovery.recordType === "srv" ? names[0] : ip;
      return target === discovery.name ? [] : [`${prefix}@${target}`];
    });
  }

  private async look(): Promise<void> {
    if (this.joining.busy || !this.joining.discovers) return;
    const others = this.names().filter((name) => name !== this.mesh.self.name);
    const ages = (await Promise.all(others.map((name) => this.age(name)))).filter(
      (age) => age !== undefined,
    );
    if (this.joining.busy || this.stopped) return;
    for (const age of ages) {
      const known = this.members.has(age.name) && !this.members.isRunning(age.name);
      if (known) await this.joining.greet(age, { tables: false, again: true });
    }
    const self = { name: this.mesh.self.name, address: "", startedAt: this.startedAt };
    const oldest = [self, ...ages].reduce((a, b) => (isOlder(b, a) ? b : a));
    if (oldest === self || this.members.has(oldest.name)) return;
    await this.joining.join(oldest);
  }

  private async age(name: string): Promise<NodeAge | undefined> {
    this.members.seen.add(name);
    if (!(await this.mesh.connect(name, this.resolve(name)))) return undefined;
    try {
      const age = await this.mesh.call<NodeAge>(name, "cluster.age", undefined, 2000);
      if (age.clusterName === this.clusterName) return age;
      log("error", `msg: ignore_node, node: ${name}, cluster name: ${age.clusterName}`);
      return undefined;
    } catch {
      // The node went away while it was asked.
      return undefined;
    }
  }
}

function isOlder(
  a: { startedAt: number; name: string },
  b: { startedAt: number; name: string },
): boolean {
  return a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.name < b.name);
}
