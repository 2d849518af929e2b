import { freemem, loadavg, totalmem } from "node:os";
import type { V4Node } from "./node";

type Row = Record<string, unknown>;

/** Tables that 5.x counts and 4.4 doesn't. */
const UNKNOWN_STATS = /^(cluster_sessions|delayed)\./;

/** Counters that 5.x has and 4.4 doesn't. */
const UNKNOWN_METRICS =
  /^(authentication|authorization|overload_protection)\.|^messages\.(transformation|validation)_|^client\.auth/;

const OTP = "24.3.4.2/12.3.2.2";

/** What a 4.4 node tells about itself; other nodes ask for it by name. */
export class V4Report {
  private highest = 0;

  constructor(private readonly node: V4Node) {
    node.mesh.serve("v4.info", () => this.info());
    node.mesh.serve("v4.broker", () => this.broker());
    node.mesh.serve("v4.stats", () => this.stats());
    node.mesh.serve("v4.metrics", () => this.metrics());
    node.mesh.serve("v4.listeners", () => this.listeners());
    node.mesh.serve("v4.clients", () => node.report.clients().map(clientRow));
  }

  /** One row of `GET /nodes`; `connections` is the channel table, offline sessions included. */
  info(): Row {
    const { broker, settings, startedAt } = this.node;
    const [load1 = 0, load5 = 0, load15 = 0] = loadavg();
    return {
      connections: broker.sessionCount,
      load1: load1.toFixed(2),
      load15: load15.toFixed(2),
      load5: load5.toFixed(2),
      max_fds: 1_048_576,
      memory_total: gigabytes(totalmem()),
      memory_used: gigabytes(totalmem() - freemem()),
      node: settings.name,
      node_status: "Running",
      otp_release: OTP,
      process_available: 2_097_152,
      process_used: 380 + broker.liveCount,
      uptime: uptimeText(Date.now() - startedAt),
      version: settings.version.text,
    };
  }

  /** One row of `GET /brokers`. */
  broker(): Row {
    const { settings, startedAt } = this.node;
    return {
      datetime: dateText(new Date().toISOString()),
      node: settings.name,
      node_status: "Running",
      otp_release: OTP,
      sysdescr: "EMQX Enterprise",
      uptime: uptimeText(Date.now() - startedAt),
      version: settings.version.text,
    };
  }

  /** `GET /nodes/{node}/stats`; unlike in 5.x `connections` counts connected clients only. */
  stats(): Record<string, number> {
    const { broker, routes } = this.node;
    this.highest = Math.max(this.highest, broker.liveCount);
    const shared = Object.entries(this.node.report.stats());
    return {
      ...Object.fromEntries(shared.filter(([name]) => !UNKNOWN_STATS.test(name))),
      "connections.count": broker.liveCount,
      "connections.max": this.highest,
      "routes.count": routes.size,
      "routes.max": routes.size,
    };
  }

  metrics(): Record<string, number> {
    const all = Object.entries(this.node.metrics.all());
    return Object.fromEntries(all.filter(([name]) => !UNKNOWN_METRICS.test(name)));
  }

  /** Rows of `GET /listeners` for this node. */
  listeners(): Row[] {
    const { broker, settings } = this.node;
    const row = (protocol: string, listenOn: string, current: number): Row => ({
      acceptors: 8,
      current_conns: current,
      listen_on: listenOn,
      max_conns: 1_024_000,
      protocol,
      shutdown_count: [],
    });
    const { ports, managementPort } = settings;
    return [
      ...(ports.tcp === undefined
        ? []
        : [row("mqtt:tcp", `0.0.0.0:${ports.tcp}`, broker.liveCount)]),
      row("http:dashboard", String(ports.dashboard), 0),
      ...(managementPort === undefined ? [] : [row("http:management", String(managementPort), 0)]),
    ];
  }
}

/** A span of time as 4.4 writes it: `2 hours, 0 minutes, 7 seconds`. */
export function uptimeText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const units: [count: number, unit: string][] = [
    [Math.floor(seconds / 86_400), "days"],
    [Math.floor(seconds / 3600) % 24, "hours"],
    [Math.floor(seconds / 60) % 60, "minutes"],
    [seconds % 60, "seconds"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  const shown = units.slice(first === -1 ? -1 : first);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(", ");
}

/** A row of 5.x's `GET /clients` as 4.4 writes it. */
function clientRow(row: Row): Row {
  const { inflight_cnt, ip_address, ...rest } = row;
  for (const key of ["durable", "is_expired", "is_persistent", "listener"]) delete rest[key];
  for (const key of ["connected_at", "created_at", "disconnected_at"]) {
    if (typeof rest[key] === "string") rest[key] = dateText(rest[key]);
  }
  return { ...rest, inflight: inflight_cnt, ip_address, zone: "external" };
}

function dateText(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(2)}G`;
}
