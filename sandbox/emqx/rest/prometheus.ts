import type { EmqxNode } from "../node";

/** The gauges and counters of this node in Prometheus' text format. */
export function prometheusText(node: EmqxNode): string {
  const running = node.members.running().length;
  const stats = node.report.stats();
  const gauges: Record<string, number | undefined> = {
    emqx_cluster_nodes_running: running,
    emqx_cluster_nodes_stopped: node.members.all().length - running,
    emqx_cluster_sessions_count: stats["cluster_sessions.count"],
    emqx_connections_count: stats["connections.count"],
    emqx_connections_max: stats["connections.max"],
    emqx_live_connections_count: stats["live_connections.count"],
    emqx_live_connections_max: stats["live_connections.max"],
    emqx_retained_count: stats["retained.count"],
    emqx_sessions_count: stats["sessions.count"],
    emqx_sessions_max: stats["sessions.max"],
    emqx_subscriptions_count: stats["subscriptions.count"],
    emqx_topics_count: stats["topics.count"],
    emqx_vm_used_memory: process.memoryUsage.rss(),
  };
  const lines: string[] = [];
  for (const [name, value] of Object.entries(gauges)) {
    lines.push(`# TYPE ${name} gauge`, `# HELP ${name}`, `${name} ${value ?? 0}`, "");
  }
  for (const [name, value] of Object.entries(node.metrics.all())) {
    const counter = `emqx_${name.replaceAll(".", "_")}`;
    lines.push(`# TYPE ${counter} counter`, `# HELP ${counter}`, `${counter} ${value}`, "");
  }
  return `${lines.join("\n")}\n`;
}
