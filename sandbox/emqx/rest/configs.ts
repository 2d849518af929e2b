import type { EmqxNode } from "../node";
import type { ConfigObject } from "../settings/hocon";
import { HoconError, parseHocon } from "../settings/hocon";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { ok } from "./http";

const READ_ONLY = ["cluster", "node", "rpc"];

const ROOTS = (
  "actions alarm api_key authentication authorization auto_subscribe broker cluster conn_congestion " +
  "connectors crl_cache dashboard delayed durable_sessions durable_storage exhook file_transfer flapping_detect " +
  "force_gc force_shutdown gateway license limiter listeners log mqtt multi_tenancy node opentelemetry " +
  "overload_protection prometheus retainer rpc rule_engine schema_registry schema_validation session_persistence " +
  "slow_subs sources sys_topics sysmon telemetry tcp_listener_defaults"
).split(" ");

/** `/configs`: reading, and cluster-wide changes in HOCON. */
export function configRoutes(node: EmqxNode): RestRoute[] {
  return [
    { method: "GET", path: "/api/v5/configs", handle: (request) => read(node, request) },
    { method: "PUT", path: "/api/v5/configs", handle: (request) => change(node, request) },
  ];
}

function read(node: EmqxNode, { query, headers }: RestRequest): RestResponse {
  const config = masked(node.config.effective());
  const key = query.get("key");
  const shown: ConfigObject = key === null ? config : { [key]: config[key] ?? {} };
  if (headers.accept?.includes("text/plain")) {
    const body = `${JSON.stringify(shown, undefined, 2)}\n`;
    return { status: 200, body, contentType: "text/plain" };
  }
  return ok(shown);
}

function change(node: EmqxNode, { query, text }: RestRequest): RestResponse {
  let wanted: ConfigObject;
  try {
    wanted = parseHocon(text);
  } catch (error) {
    if (!(error instanceof HoconError)) throw error;
    const { line, reason } = error;
    return { status: 400, body: { errors: { type: "parse_error", line, reason } } };
  }
  const unknown = Object.keys(wanted).find((root) => !ROOTS.includes(root));
  if (unknown !== undefined) {
    const errors = { [unknown]: `{root_key_not_found,"${unknown}"}` };
    return { status: 400, body: { errors } };
  }
  for (const root of READ_ONLY.filter((name) => name in wanted)) {
    if (query.get("ignore_readonly") !== "true") {
      const errors = `Cannot update read-only key '${root}'.`;
      return { status: 400, body: { errors } };
    }
    delete wanted[root];
  }
  node.config.change(wanted, query.get("mode") === "replace" ? "replace" : "merge");
  node.members.broadcast("config", node.config.clusterText());
  return { status: 200 };
}

function masked(config: ConfigObject): ConfigObject {
  const copy = JSON.stringify(config, (key, value: unknown) =>
    /cookie|password|secret|^key$/.test(key) && typeof value === "string" ? "******" : value,
  );
  return JSON.parse(copy) as ConfigObject;
}
