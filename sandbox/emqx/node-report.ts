import { freemem, loadavg, totalmem } from "node:os";
import { atLeast, otpRelease } from "./image";
import type { Session } from "./broker/session";
import { Connection } from "./mqtt/connection";
import type { EmqxNode } from "./node";

const STATS = [
  "channels",
  "cluster_sessions",
  "connections",
  "delayed",
  "live_connections",
  "retained",
  "sessions",
  "suboptions",
  "subscribers",
  "subscriptions",
  "subscriptions.shared",
  "topics",
] as const;

/** What a node tells about itself; other nodes ask for it by name. */
export class NodeReport {
  private readonly highest = new Map<string, number>();

  constructor(private readonly node: EmqxNode) {
    node.mesh.serve("report.info", () => this.info());
    node.mesh.serve("report.stats", () => this.stats());
    node.mesh.serve("report.metrics", () => node.metrics.all());
    node.mesh.serve("report.clients", () => this.clients());
    node.mesh.serve("report.kick", (clientId) => this.kick(String(clientId)));
    node.mesh.serve("evacuation.status", () => node.evacuation.status());
    node.mesh.serve("eviction.busy", () => node.evacuation.enabled);
  }

  /** Keeps the highest counts, once a second. */
  tick(): void {
    const { broker } = this.node;
    this.high("connections", broker.sessionCount);
    this.high("channels", broker.sessionCount);
    this.high("sessions", broker.sessionCount);
    this.high("live_connections", broker.liveCount);
    this.high("cluster_sessions", this.node.registry.size);
  }

  /** One row of `GET /nodes`. */
  info(): Record<string, unknown> {
    const { broker, registry, settings, startedAt } = this.node;
    const [load1 = 0, load5 = 0, load15 = 0] = loadavg();
    const { version } = settings;
    return {
      ...(atLeast(version, 5, 8) ? { cluster_sessions: registry.size } : {}),
      connections: broker.sessionCount,
      edition: version.edition === "ce" ? "Opensource" : "Enterprise",
      live_connections: broker.liveCount,
      load1: round(load1),
      load15: round(load15),
      load5: round(load5),
      log_path: "log.file.enable is false, not logging to file.",
      max_fds: 20_000,
      memory_total: gigabytes(totalmem()),
      memory_used: gigabytes(totalmem() - freemem()),
      node: settings.name,
      node_status: "running",
      otp_release: otpRelease(version),
      process_available: 2_097_152,
      process_used: 380 + broker.liveCount,
      role: settings.role,
      sys_path: "/opt/emqx",
      uptime: Date.now() - startedAt,
      version: version.text,
    };
  }

  /** The body of `GET /nodes/{node}/stats`. */
  stats(): Record<string, number> {
    const { broker, groups, registry, retained, routes, subscriptions } = this.node;
    const sessions = broker.sessionCount;
    const counts: Record<(typeof STATS)[number], number> = {
      channels: sessions,
      cluster_sessions: registry.size,
      connections: sessions,
      delayed: 0,
      live_connections: broker.liveCount,
      retained: retained.size,
      sessions,
      suboptions: subscriptions.count,
      subscribers: subscriptions.count,
      subscriptions: subscriptions.count,
      "subscriptions.shared": groups.count,
      topics: routes.size,
    };
    const result: Record<string, number> = {};
    for (const name of STATS) {
      result[`${name}.count`] = counts[name];
      result[`${name}.max`] = this.high(name, counts[name]);
    }
    return result;
  }

  /** Rows of `GET /clients`. */
  clients(): Record<string, unknown>[] {
    const rows: Record<string, unknown>[] = [];
    for (const session of this.node.broker.sessions.values()) {
      if (!session.departure) rows.push(clientRow(session, this.node.settings.name));
    }
    return rows;
  }

  private kick(clientId: string): boolean {
    const session = this.node.broker.sessions.get(clientId);
    if (!session) return false;
    this.node.broker.end(session, 0x98);
    return true;
  }

  private high(name: string, value: number): number {
    const highest = Math.max(value, this.highest.get(name) ?? 0);
    this.highest.set(name, highest);
    return highest;
  }
}

function clientRow(session: Session, node: string): Record<string, unknown> {
  const channel = session.channel instanceof Connection ? session.channel : undefined;
  const time = (at: number): string => new Date(at).toISOString().replace("Z", "+00:00");
  return {
    clean_start: session.cleanStart,
    clientid: session.clientId,
    connected: channel !== undefined,
    connected_at: time(session.connectedAt),
    created_at: time(session.createdAt),
    ...(session.disconnectedAt === undefined
      ? {}
      : { disconnected_at: time(session.disconnectedAt) }),
    durable: false,
    expiry_interval: Number.isFinite(session.expiryMs) ? session.expiryMs / 1000 : 0xffff_ffff,
    inflight_cnt: session.inflight.size,
    ip_address: channel?.peer.address ?? "127.0.0.1",
    is_bridge: false,
    is_expired: false,
    is_persistent: session.expiryMs > 0,
    keepalive: channel?.keepalive ?? 0,
    listener: "tcp:default",
    mqueue_len: session.queue.length,
    node,
    port: channel?.peer.port ?? 0,
    proto_name: "MQTT",
    proto_ver: session.version,
    subscriptions_cnt: session.subscriptions.size,
    username: channel?.username ?? null,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(2)}G`;
}
