import { atLeast } from "../../image";
import type { RestRoute } from "../../rest/http";
import { ok } from "../../rest/http";
import type { V4Node } from "../node";

/** `/emqx_prometheus`: the numbers of this node, for anybody from 4.4.9 on. */
export function v4PrometheusRoutes(node: V4Node): RestRoute[] {
  return [
    {
      method: "GET",
      path: "/api/v4/emqx_prometheus",
      ...(atLeast(node.settings.version, 4, 4, 9) ? { auth: false } : {}),
      handle: ({ query }) => {
        if (query.get("type") !== "prometheus") return ok(prometheusJson(node));
        return { status: 200, body: prometheusText(node), contentType: "text/plain" };
      },
    },
  ];
}

/** The gauges by name; those of Erlang's virtual machine only as far as a process here has them. */
function gauges(node: V4Node): [name: string, value: number][] {
  const running = node.members.running().length;
  return [
    ...Object.entries(node.v4Report.stats()).map(named),
    ["emqx_cluster_nodes_running", running],
    ["emqx_cluster_nodes_stopped", node.members.all().length - running],
    ["emqx_vm_used_memory", process.memoryUsage.rss()],
    ["erlang_vm_memory_bytes_total", process.memoryUsage().heapTotal],
  ];
}

function prometheusText(node: V4Node): string {
  const kinds: [kind: string, rows: [name: string, value: number][]][] = [
    ["gauge", gauges(node)],
    ["counter", Object.entries(node.v4Report.metrics()).map(named)],
  ];
  return kinds
    .flatMap(([kind, rows]) =>
      rows.map(([name, value]) => `# TYPE ${name} ${kind}\n${name} ${value}\n`),
    )
    .join("");
}

function prometheusJson(node: V4Node): Record<string, Record<string, number>> {
  const group = (prefix: string): Record<string, number> =>
    Object.fromEntries(
      Object.entries(node.v4Report.metrics())
        .map(named)
        .filter(([name]) => name.startsWith(`emqx_${prefix}_`)),
    );
  return {
    client: group("client"),
    delivery: group("delivery"),
    messages: group("messages"),
    metrics: group("bytes"),
    packets: group("packets"),
    session: group("session"),
    stats: Object.fromEntries(gauges(node)),
  };
}

function named([name, value]: [string, number]): [string, number] {
  return [`emqx_${name.replaceAll(".", "_")}`, value];
}
