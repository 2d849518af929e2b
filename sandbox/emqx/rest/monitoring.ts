import type { EmqxNode } from "../node";
import { nodeNotFound } from "./nodes";
import { prometheusText } from "./prometheus";
import type { RestRoute } from "./http";
import { failure, ok } from "./http";
import { rpcTimeout } from "./rpc-timeout";

type Counts = Record<string, number>;

/** Statistics, metrics, current rates, and what is off in the simulator (durable storage, alarms). */
export function monitoringRoutes(node: EmqxNode): RestRoute[] {
  const disabled = (path: string): RestRoute => ({
    method: "GET",
    path,
    handle: () => failure(404, "NOT_FOUND", "Durable storage is disabled"),
  });
  return [
    {
      method: "GET",
      path: "/api/v5/stats",
      handle: async ({ query }) =>
        ok(
          await perNode(node, "report.stats", rpcTimeout(node), query.get("aggregate") === "true"),
        ),
    },
    {
      method: "GET",
      path: "/api/v5/metrics",
      handle: async ({ query }) =>
        ok(
          await perNode(
            node,
            "report.metrics",
            rpcTimeout(node),
            query.get("aggregate") === "true",
          ),
        ),
    },
    {
      method: "GET",
      path: "/api/v5/monitor_current",
      handle: async () => {
        const all = await ask(node, "report.stats", 5000);
        const total = sum(all.map(([, counts]) => counts));
        const { rates, quota } = constants(node);
        return ok({
          connections: total["connections.count"] ?? 0,
          disconnected_durable_sessions: 0,
          live_connections: total["live_connections.count"] ?? 0,
          ...rates,
          ...quota,
          cluster_sessions: node.registry.size,
          retained_msg_count: node.retained.size,
          shared_subscriptions: total["subscriptions.shared.count"] ?? 0,
          subscriptions: total["subscriptions.count"] ?? 0,
          subscriptions_durable: 0,
          subscriptions_ram: total["subscriptions.count"] ?? 0,
          topics: node.routes.size,
        });
      },
    },
    {
      method: "GET",
      path: "/api/v5/monitor_current/nodes/{}",
      handle: async ({ params: [name = ""] }) => {
        if (!node.members.isRunning(name)) return nodeNotFound(name);
        const stats = await node.mesh.call<Counts>(name, "report.stats", undefined, 5000);
        const info = await node.mesh.call<Counts>(name, "report.info", undefined, 5000);
        const { rates, quota } = constants(node);
        return ok({
          connections: stats["connections.count"],
          live_connections: stats["live_connections.count"],
          ...rates,
          ...quota,
          node_uptime: info.uptime,
          retained_msg_count: stats["retained.count"],
          shared_subscriptions: stats["subscriptions.shared.count"],
          subscriptions: stats["subscriptions.count"],
          topics: stats["topics.count"],
        });
      },
    },
    {
      method: "GET",
      path: "/api/v5/prometheus/stats",
      auth: false,
      handle: () => ({ status: 200, body: prometheusText(node), contentType: "text/plain" }),
    },
    {
      method: "GET",
      path: "/api/v5/alarms",
      handle: () => ok({ data: [], meta: { count: 0, hasnext: false, limit: 100, page: 1 } }),
    },
    ...["/sites", "/sites/{}", "/storages", "/storages/{}"].map((path) =>
      disabled(`/api/v5/ds${path}`),
    ),
  ];
}

async function ask(
  node: EmqxNode,
  method: string,
  timeout: number | undefined,
): Promise<[name: string, counts: Counts][]> {
  return Promise.all(
    node.members
      .running()
      .map(async (name): Promise<[string, Counts]> => [
        name,
        await node.mesh.call<Counts>(name, method, undefined, timeout),
      ]),
  );
}

async function perNode(
  node: EmqxNode,
  method: string,
  timeout: number | undefined,
  aggregate: boolean,
): Promise<object> {
  const all = await ask(node, method, timeout);
  if (!aggregate) return all.map(([name, counts]) => ({ ...counts, node: name }));
  return sum(
    all.map(([, counts]) => counts),
    // Tables that are the same on every node aren't added up.
    ["cluster_sessions", "retained", "topics", "delayed"],
  );
}

function sum(all: Counts[], same: string[] = []): Counts {
  const total: Counts = {};
  for (const counts of all) {
    for (const [name, value] of Object.entries(counts)) {
      const isSame = same.includes(name.replace(/\.(count|max)$/, ""));
      total[name] = isSame ? Math.max(total[name] ?? 0, value) : (total[name] ?? 0) + value;
    }
  }
  return total;
}

function constants(node: EmqxNode): { rates: Counts; quota: Counts } {
  const rates = {
    dropped_msg_rate: 0,
    persisted_rate: 0,
    received_msg_rate: 0,
    sent_msg_rate: 0,
    transformation_failed_rate: 0,
    transformation_succeeded_rate: 0,
    validation_failed_rate: 0,
    validation_succeeded_rate: 0,
  };
  const enterprise = node.settings.version.edition === "ee";
  return { rates, quota: enterprise ? { license_quota: node.license.current.maxSessions } : {} };
}
