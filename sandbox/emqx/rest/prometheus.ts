import type { EmqxVersion } from "../image";
import { atLeast } from "../image";
import type { EmqxNode } from "../node";

/** The gauges and counters of this node in Prometheus' text format. */
export function prometheusText(node: EmqxNode): string {
  const running = node.members.running().length;
  const stats = node.report.stats();
  const gauges: Record<string, number | undefined> = {
    emqx_cluster_nodes_running: running,
    emqx_cluster_nodes_stopped: node.members.listed().length - running,
    emqx_cluster_sessions_count: stats["cluster_sessions.count"],
    emqx_connections_count: stats["connections.count"],
    emqx_connections_max: stats["connections.max"],
    emqx_live_connections_count: stats["live_connections.count"],
    emqx_live_connections_max: stats["live_connections.max"],
    ...licenseGauges(node),
    emqx_retained_count: stats["retained.count"],
    emqx_sessions_count: stats["sessions.count"],
    emqx_sessions_max: stats["sessions.max"],
    emqx_subscriptions_count: stats["subscriptions.count"],
    emqx_topics_count: stats["topics.count"],
    emqx_vm_used_memory: process.memoryUsage.rss(),
  };
  const lines: string[] = [];
  for (const [name, value] of Object.entries(gauges)) {
    if (isLater(name, node.settings.version)) continue;
    lines.push(`# TYPE ${name} gauge`, `# HELP ${name} `, `${name} ${value ?? 0}`, "");
  }
  for (const [name, value] of Object.entries(node.metrics.all())) {
    const counter = `emqx_${name.replaceAll(".", "_")}`;
    lines.push(`# TYPE ${counter} counter`, `# HELP ${counter} `, `${counter} ${value}`, "");
  }
  return `${lines.join("\n")}\n`;
}

/** True for a gauge that a release doesn't have yet. */
function isLater(name: string, version: EmqxVersion): boolean {
  if (name.startsWith("emqx_live_connections_")) return !atLeast(version, 5, 0, 20);
  return name.startsWith("emqx_cluster_sessions_") && !atLeast(version, 5, 6);
}

/** Open-source nodes have no licence; its sessions are shown from 6.2.2 on (`emqx_prometheus:license_data/0`). */
function licenseGauges(node: EmqxNode): Record<string, number> {
  const { version } = node.settings;
  if (version.edition === "ce" || !atLeast(version, 5, 5)) return {};
  const { expiryAt, maxSessions } = node.license.current;
  const expiry = { emqx_license_expiry_at: Date.parse(expiryAt) / 1000 };
  const sinceNew = atLeast(version, 6, 2, 2);
  return sinceNew ? { ...expiry, emqx_license_max_sessions: maxSessions } : expiry;
}
