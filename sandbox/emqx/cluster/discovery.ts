import { log } from "../log";
import type { Discovery } from "../settings/settings";
import { readHosts, resolveHost } from "../settings/hosts";
import type { Joining } from "./joining";
import type { Identity, Members } from "./members";
import type { Mesh } from "./mesh";

interface NodeAge extends Identity {
  startedAt: number;
  clusterName: string;
}

/** Milliseconds between two looks, alone and in a cluster. */
const LONELY_INTERVAL = 300;
const CLUSTERED_INTERVAL = 1000;

/** Milliseconds between two log lines that say the same. */
const REPEAT = 5000;

/** Finds the cores and joins the oldest of them, as ekka's autocluster does; a replicant takes only its own release. */
export class Autocluster {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private told = { text: "", at: 0 };

  constructor(
    private readonly mesh: Mesh,
    private readonly members: Members,
    private readonly joining: Joining,
    private readonly discovery: Discovery,
    private readonly hostsFile: string | undefined,
    private readonly startedAt: number,
    private readonly clusterName: string,
  ) {
    mesh.serve("cluster.age", () => ({ ...members.me, startedAt, clusterName }));
    members.onDown(() => void this.followsNobody());
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
    const { discovery } = this;
    if (discovery.strategy === "static") return discovery.seeds;
    if (discovery.strategy !== "dns") return [];
    const prefix = discovery.app ?? this.mesh.self.name.split("@")[0] ?? "";
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
    const answers = await Promise.all(others.map((name) => this.age(name)));
    const cores = answers.filter((age) => age !== undefined).filter(({ role }) => role === "core");
    if (this.joining.busy || this.stopped) return;
    for (const core of cores) {
      const known = this.members.has(core.name) && !this.members.isRunning(core.name);
      if (known) await this.joining.greet(core, { tables: false, again: true });
    }
    if (this.members.me.role === "replicant") return this.follow(cores);
    const self = { ...this.members.me, startedAt: this.startedAt };
    const oldest = [self, ...cores].reduce((a, b) => (isOlder(b, a) ? b : a));
    if (oldest === self || this.members.has(oldest.name)) return;
    await this.joining.join(oldest);
  }

  /** Joins the cluster of a core of this replicant's own release, unless it follows one already. */
  private async follow(cores: NodeAge[]): Promise<void> {
    const { release } = this.members.me;
    if (this.members.coresOf(release).length > 0) return;
    const compatible = cores.filter((core) => core.release === release);
    if (compatible.length > 0) {
      await this.joining.join(compatible.reduce((a, b) => (isOlder(b, a) ? b : a)));
      return;
    }
    await this.followsNobody();
    const found = cores.map((core) => `${core.name} (${core.release})`).join(", ") || "none";
    const text = `msg: mria_lb_no_core_node, a replicant of ${release} needs a running core of ${release}, discovered cores: ${found}, retrying`;
    if (text === this.told.text && Date.now() - this.told.at < REPEAT) return;
    this.told = { text, at: Date.now() };
    log("warning", text);
  }

  private async followsNobody(): Promise<void> {
    const { role, release } = this.members.me;
    if (role === "core" || this.stopped) return;
    if (this.joining.busy || !this.joining.attached) return;
    if (this.members.coresOf(release).length > 0) return;
    log("error", `msg: mria_lb_core_node_down, no core of ${release} is left, the replicant stops`);
    await this.joining.standBy();
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
