import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ApiKeys, Tokens } from "./api-keys";
import { Broker } from "./broker/broker";
import { Metrics } from "./broker/metrics";
import { Publishing } from "./broker/publishing";
import { RetainedStore } from "./broker/retained";
import { SharedGroups } from "./broker/shared-groups";
import { Subscriptions } from "./broker/subscriptions";
import { sweepSessions } from "./broker/sweeper";
import { Autocluster } from "./cluster/discovery";
import { Handover } from "./cluster/handover";
import { Joining } from "./cluster/joining";
import { Members } from "./cluster/members";
import { Mesh } from "./cluster/mesh";
import { Registry } from "./cluster/registry";
import { Routes } from "./cluster/routes";
import { evictConnections, evictSessions } from "./evacuation/evict";
import { Evacuation } from "./evacuation/evacuation";
import { EvacuationFile } from "./evacuation/state-file";
import { LicenseGuard } from "./license-guard";
import { TcpListener } from "./listeners";
import { log } from "./log";
import { Reason } from "./mqtt/codes";
import { PacketHandlers } from "./mqtt/handlers";
import { NodeReport } from "./node-report";
import { dashboardDialect, RestServer } from "./rest/server";
import { rpcTimeout } from "./rest/rpc-timeout";
import type { ConfigChange } from "./runtime-config";
import { RuntimeConfig } from "./runtime-config";
import type { Settings } from "./settings/settings";
import { Losses } from "./switches/losses";
import { Switches } from "./switches/switches";

/** An address of the loopback network at which nothing listens. */
const NOBODY = "127.88.255.254";

/** One simulated EMQX node, core or replicant. */
export class EmqxNode {
  readonly startedAt = Date.now();
  readonly metrics = new Metrics();
  readonly retained = new RetainedStore();
  readonly apiKeys = new ApiKeys();
  readonly tokens = new Tokens();
  readonly switches: Switches;
  readonly losses: Losses;
  readonly config: RuntimeConfig;
  readonly mesh: Mesh;
  readonly members: Members;
  readonly registry: Registry;
  readonly routes: Routes;
  readonly groups: SharedGroups;
  readonly subscriptions: Subscriptions;
  readonly publishing: Publishing;
  readonly broker: Broker;
  readonly handover: Handover;
  readonly joining: Joining;
  readonly license: LicenseGuard;
  readonly listener: TcpListener;
  readonly evacuation: Evacuation;
  readonly report: NodeReport;
  readonly autocluster: Autocluster;
  private readonly rest: Pick<RestServer, "start" | "stop">;
  private sweeper: NodeJS.Timeout | undefined;
  /** True while the applications run: a replicant without a core serves nobody. */
  isServing = false;
  private wasServing = false;

  constructor(readonly settings: Settings) {
    const { settings: s } = this;
    const instance = randomBytes(4).toString("hex");
    const self = { name: s.name, address: s.address, instance };
    this.config = new RuntimeConfig(s);
    this.losses = new Losses(s.name, s.hostsFile);
    this.switches = new Switches(s.faults, (names, before) => this.listStopped(names, before));
    this.mesh = new Mesh(self, s.cookie, s.ports.cluster);
    this.members = new Members(
      this.mesh,
      { name: s.name, address: s.address, role: s.role, release: s.version.text },
      join(s.dataDir, "mnesia", s.name, "schema.json"),
    );
    this.registry = new Registry(this.mesh, this.members);
    this.routes = new Routes(this.mesh, this.members);
    this.groups = new SharedGroups(this.mesh, this.members);
    this.subscriptions = new Subscriptions(this.routes, this.groups);
    this.publishing = new Publishing(
      this.mesh,
      this.members,
      this.routes,
      this.subscriptions,
      this.groups,
      this.retained,
      this.metrics,
    );
    this.broker = new Broker(s.mqtt, this.metrics);
    this.handover = new Handover(
      this.mesh,
      this.members,
      this.broker,
      () => this.switches.has("lossy-takeover") && this.evacuation.state === "evicting_sessions",
      this.losses,
    );
    this.broker.connectTo(this);
    this.license = new LicenseGuard(this);
    this.joining = this.createJoining();
    this.autocluster = new Autocluster(
      this.mesh,
      this.members,
      this.joining,
      s.discovery,
      s.hostsFile,
      this.startedAt,
      s.clusterName,
    );
    this.listener = this.createListener();
    this.evacuation = this.createEvacuation();
    this.report = new NodeReport(this);
    this.rest = this.createRest();
    this.mesh.on("apikeys", (_from, rows) => this.apiKeys.merge(rows as [string, never][]));
    this.mesh.on("token", (_from, token, at) => this.tokens.learn(String(token), Number(at)));
    this.mesh.serve("config.change", (argument) => this.config.apply(argument as ConfigChange));
    this.mesh.serve("config.read", () => this.config.effective());
  }

  async start(): Promise<void> {
    const refuses = this.settings.faults.has("refuse-join");
    await this.mesh.listen();
    if (this.settings.role === "core") {
      if (!refuses) await this.autocluster.rejoin();
      await this.startApps();
      this.members.save();
    } else {
      // Answers that it isn't ready until it has found a core.
      await this.rest.start();
    }
    this.sweeper = setInterval(() => this.sweep(), 1000);
    if (!refuses) this.autocluster.start();
  }

  /** Stops as EMQX does on SIGTERM: applications first, then the node leaves the view of the others. */
  async stop(): Promise<void> {
    this.autocluster.stop();
    clearInterval(this.sweeper);
    this.evacuation.halt();
    await Promise.all([this.rest.stop(), this.stopApps()]);
    this.mesh.stop();
    log("info", "EMQX is stopped now!");
  }

  private async startApps(): Promise<void> {
    this.license.checkBoot();
    const { bootstrapFile, role, version, name } = this.settings;
    if (bootstrapFile !== undefined && role === "core") {
      this.members.broadcast("apikeys", this.apiKeys.load(bootstrapFile));
    }
    this.isServing = true;
    await Promise.all([this.listener.start(), role === "core" ? this.rest.start() : undefined]);
    if (this.wasServing) return;
    this.wasServing = true;
    this.evacuation.resume();
    log("info", `EMQX ${version.text} is running now! Node ${name}`);
  }

  private async stopApps(): Promise<void> {
    this.isServing = false;
    const rest = this.settings.role === "core" ? this.rest.stop() : undefined;
    await Promise.all([rest, this.listener.stop(Reason.serverShuttingDown)]);
    for (const session of [...this.broker.sessions.values()]) this.broker.end(session);
  }

  /** The HTTP side; EMQX 4.4 has another one. */
  protected createRest(): Pick<RestServer, "start" | "stop"> {
    return new RestServer(this.settings.address, dashboardDialect(this), this.switches);
  }

  private sweep(): void {
    const now = Date.now();
    this.listener.sweep(now, Reason.keepAliveTimeout);
    sweepSessions(this.broker, this.publishing, now);
    this.report.tick();
  }

  private createListener(): TcpListener {
    const { address, ports, mqtt } = this.settings;
    const handlers = new PacketHandlers({
      broker: this.broker,
      publishing: this.publishing,
      subscriptions: this.subscriptions,
      retained: this.retained,
      metrics: this.metrics,
      settled: () => this.handover.barrier.settle(),
      limits: mqtt,
    });
    return new TcpListener(address, ports.tcp, {
      broker: this.broker,
      metrics: this.metrics,
      handlers,
      limits: mqtt,
      refusal: (clientId) => {
        if (this.evacuation.refusing) return Reason.useAnotherServer;
        return this.license.refuses(clientId) ? Reason.quotaExceeded : undefined;
      },
    });
  }

  private createEvacuation(): Evacuation {
    const parts = {
      broker: this.broker,
      connections: this.listener.connections,
      handover: this.handover,
      registry: this.registry,
      mesh: this.mesh,
      moveMs: this.settings.sessionMoveMs,
      secondCut: () => this.switches.has("second-cut"),
    };
    this.mesh.serve("evacuation.available", () => !this.evacuation.enabled && !this.isBusy);
    return new Evacuation(
      {
        liveCount: () => this.broker.liveCount,
        // Disconnected durable sessions of the whole cluster count here, which no move reduces.
        sessionCount: () =>
          this.broker.sessionCount + (this.switches.has("durable-sessions") ? 1 : 0),
        evictConnections: (count) => evictConnections(parts, count),
        evictSessions: (count, recipients) => evictSessions(parts, count, recipients),
        recipients: async (migrateTo) => {
          const others = (migrateTo ?? this.members.running()).filter(
            (name) => name !== this.settings.name,
          );
          return this.availableAmong(others).catch(() => []);
        },
      },
      new EvacuationFile(this.settings.dataDir),
    );
  }

  /** The nodes of a list that run and don't evacuate; throws when one hangs. */
  async availableAmong(names: string[]): Promise<string[]> {
    const answers = await Promise.all(
      names.map(async (name) => {
        if (!this.members.isRunning(name)) return false;
        return this.mesh.call<boolean>(name, "evacuation.available", undefined, rpcTimeout(this));
      }),
    );
    return names.filter((_name, index) => answers[index]);
  }

  /** A rebalance holds the node's eviction agent. */
  get isBusy(): boolean {
    return this.switches.has("busy-agent");
  }

  /** Cores that stopped long ago, as a crash leaves them in the schema. */
  private listStopped(names: string[], before: string[]): void {
    for (const name of before) if (!names.includes(name)) this.members.remove(name);
    for (const name of names) {
      this.members.add({ name, address: NOBODY, role: "core", release: "" });
    }
  }

  private createJoining(): Joining {
    return new Joining(this.mesh, this.members, {
      clusterName: this.settings.clusterName,
      refuse: this.settings.faults.has("refuse-join"),
      stopApps: () => this.stopApps(),
      startApps: () => this.startApps(),
      ownState: () => ({
        clients: this.registry.own(),
        routes: this.routes.list(),
        groups: this.groups.list(),
      }),
      learn: (node, state) => {
        this.registry.learn(node, state.clients);
        this.routes.learn(node, state.routes);
        this.groups.learn(node, state.groups);
      },
      sharedTables: () => ({
        retained: this.retained.all(),
        config: this.config.clusterText(),
        apiKeys: this.apiKeys.list(),
      }),
      adoptTables: (tables) => {
        this.retained.replace(tables.retained);
        this.config.replaceCluster(tables.config);
        this.apiKeys.merge(tables.apiKeys);
      },
    });
  }
}
