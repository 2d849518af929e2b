import type { NodeStatus } from "../api";
import { asArray, asCount, asObject, asString } from "../read";

/** 4.4 wraps successes in `{"code":0,"data":...}`, the GETs of load_rebalance excepted. */
export function unwrap(body: unknown): unknown {
  const fields = asObject(body);
  if (!fields || !("code" in fields)) return body;
  return fields.code === 0 ? fields.data : undefined;
}

/**
 * `GET /nodes/{self}` with `GET /nodes/{self}/stats`. 4.4 counts connected clients and sessions, the
 * offline ones included, apart: what is on the node is the larger number.
 */
export function parseNode(body: unknown, statistics: unknown): NodeStatus | undefined {
  const fields = asObject(unwrap(body));
  const counts = asObject(unwrap(statistics));
  const node = asString(fields?.node);
  const live = asCount(counts?.["connections.count"]);
  const sessions = asCount(counts?.["sessions.count"]);
  if (!fields || node === undefined || live === undefined || sessions === undefined) {
    return undefined;
  }
  return {
    node,
    node_status: asString(fields.node_status)?.toLowerCase() ?? "running",
    otp_release: asString(fields.otp_release),
    version: asString(fields.version),
    role: "core",
    edition: "Enterprise",
    connections: Math.max(live, sessions),
    live_connections: live,
  };
}

/** Running nodes only: 4.4 forgets stopped ones by itself (`cluster.autoclean`), and nothing else can. */
export function parseView(body: unknown): Record<string, "running" | "stopped"> | undefined {
  const view: Record<string, "running" | "stopped"> = {};
  const nodes = asArray(unwrap(body));
  if (!nodes) return undefined;
  for (const each of nodes) {
    const fields = asObject(each);
    const node = asString(fields?.node);
    if (node === undefined) return undefined;
    if (asString(fields?.node_status)?.toLowerCase() === "running") view[node] = "running";
  }
  return view;
}
