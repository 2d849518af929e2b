import type { License, NodeStatus } from "../api";
import { asArray, asCount, asObject, asString } from "../read";

/** `GET /nodes/{self}`; undefined when the body is not what EMQX sends for a running node. */
export function parseNode(body: unknown): NodeStatus | undefined {
  const fields = asObject(body);
  const node = asString(fields?.node);
  const connections = asCount(fields?.connections);
  const live = asCount(fields?.live_connections);
  if (!fields || node === undefined || connections === undefined || live === undefined) {
    return undefined;
  }
  return {
    node,
    node_status: asString(fields.node_status) ?? "running",
    otp_release: asString(fields.otp_release),
    version: asString(fields.version),
    role: asString(fields.role),
    edition: asString(fields.edition),
    connections,
    live_connections: live,
  };
}

/** `GET /nodes` -> node name to "running" or "stopped"; undefined when it is no list. */
export function parseView(body: unknown): Record<string, "running" | "stopped"> | undefined {
  const nodes = asArray(body);
  if (!nodes) return undefined;
  const view: Record<string, "running" | "stopped"> = {};
  for (const each of nodes) {
    const fields = asObject(each);
    const node = asString(fields?.node);
    if (node === undefined) return undefined;
    view[node] = fields?.node_status === "running" ? "running" : "stopped";
  }
  return view;
}

/** `GET /license` of any 5.x; undefined when the body is none. */
export function parseLicense(body: unknown): License | undefined {
  const fields = asObject(body);
  const type = asString(fields?.type);
  if (!fields || type === undefined) return undefined;
  return {
    type,
    expired: fields.expiry === true,
    expiryAt: asString(fields.expiry_at),
    maxSessions: asCount(fields.max_sessions) ?? asCount(fields.max_connections),
  };
}
