import { RpcError } from "../cluster/mesh";
import { atLeast } from "../image";
import { readLicense } from "../license";
import type { EmqxNode } from "../node";
import type { ChangeMode } from "../runtime-config";
import type { ConfigObject } from "../settings/hocon";
import { HoconError, isObject, parseHocon } from "../settings/hocon";
import { configAt } from "../settings/config-sources";
import { hoconText } from "../settings/hocon-text";
import { licenseSetting } from "../settings/settings";
import { checkRoot, isRoot } from "../settings/schema/roots";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { failure, notFoundPage, ok } from "./http";

/** Milliseconds that a change may take on another node. */
const RPC_TIMEOUT = 15_000;

/** `/configs`: reading, and from 5.1.1 on cluster-wide changes in HOCON. */
export function configRoutes(node: EmqxNode): RestRoute[] {
  const change: RestRoute = {
    method: "PUT",
    path: "/api/v5/configs",
    handle: (request) => put(node, request),
  };
  return [
    { method: "GET", path: "/api/v5/configs", handle: (request) => read(node, request) },
    ...(atLeast(node.settings.version, 5, 1, 1) ? [change] : []),
    {
      method: "GET",
      path: "/api/v5/configs/{}",
      handle: ({ params: [root = ""], headers }) => {
        const value = masked(node.config.effective())[root];
        return isRoot(root) ? ok(value ?? {}) : notFoundPage(headers.accept);
      },
    },
  ];
}

/** Changes the configuration of every running node; what is down gets it when it comes back. */
export async function changeConfig(
  node: EmqxNode,
  change: ConfigObject,
  mode: ChangeMode,
): Promise<void> {
  const names = node.members.running();
  await Promise.all(
    names.map(async (name) => {
      try {
        await node.mesh.call(name, "config.change", { change, mode }, RPC_TIMEOUT);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
      }
    }),
  );
}

async function read(node: EmqxNode, { query, headers }: RestRequest): Promise<RestResponse> {
  const name = query.get("node") ?? node.settings.name;
  if (!node.members.isRunning(name)) {
    return failure(404, "NOT_FOUND", `Bad node '${name}', reason not found`);
  }
  const config = masked(
    await node.mesh.call<ConfigObject>(name, "config.read", undefined, RPC_TIMEOUT),
  );
  const key = query.get("key");
  const shown: ConfigObject = key === null ? config : { [key]: config[key] ?? {} };
  if (headers.accept?.includes("text/plain")) {
    return { status: 200, body: hoconText(shown), contentType: "text/plain" };
  }
  return ok(shown);
}

async function put(node: EmqxNode, { query, text }: RestRequest): Promise<RestResponse> {
  const refuse = (errors: unknown): RestResponse => ({ status: 400, body: { errors } });
  const mode = query.get("mode") ?? "merge";
  if (mode !== "merge" && mode !== "replace") {
    const error = { kind: "validation_error", path: "mode", value: mode };
    const message = JSON.stringify({ ...error, reason: "unable_to_convert_to_enum_symbol" });
    return failure(400, "BAD_REQUEST", message);
  }
  let wanted: ConfigObject;
  try {
    wanted = parseHocon(text);
  } catch (error) {
    if (!(error instanceof HoconError)) throw error;
    return refuse({ type: "parse_error", line: error.line, reason: error.reason });
  }
  const readOnly = readOnlyKeys(node, wanted);
  const ignores = query.get("ignore_readonly") === "true" && atLeast(node.settings.version, 5, 7);
  if (readOnly.length > 0 && !ignores) {
    return refuse(`Cannot update read-only key '${readOnly.join(",")}'.`);
  }
  const change = withoutReadOnly(wanted);
  const errors: Record<string, unknown> = {};
  for (const [root, value] of Object.entries(change)) {
    const problem = checkRoot(root, value);
    if (problem !== undefined) errors[root] = problem;
  }
  if (Object.keys(errors).length > 0) return refuse(errors);
  const badLicense = licenseProblem(node, change, mode);
  if (badLicense !== undefined) return refuse(badLicense);
  await changeConfig(node, change, mode);
  return { status: 200 };
}

/** The licence app looks at a new key before it is taken (`emqx_license:pre_config_update/3`). */
function licenseProblem(
  { settings, members }: EmqxNode,
  change: ConfigObject,
  mode: ChangeMode,
): string | undefined {
  if (settings.version.edition === "ce" || configAt(change, "license.key") === undefined)
    return undefined;
  const license = readLicense(licenseSetting(change, settings.root), settings.version);
  const isSingle = license?.type === "community" && members.running().length > 1;
  if (license && !isSingle) return undefined;
  const reason = license ? '"SINGLE_NODE_LICENSE"' : "bad_license_format";
  return `Can't ${mode} the new configurations!\nRoot key: license\nReason: ${reason}\n`;
}

/** What a change may not touch while the node runs, as the answer names it; from 5.8 on the cluster's keys one by one. */
function readOnlyKeys(node: EmqxNode, wanted: ConfigObject): string[] {
  const roots = ["node", "rpc"].filter((root) => root in wanted);
  if (roots.length > 0) return roots;
  const cluster = isObject(wanted.cluster) ? Object.keys(wanted.cluster) : [];
  const keys = cluster.filter((key) => key !== "links");
  if (keys.length === 0) return [];
  return atLeast(node.settings.version, 5, 8) ? keys.map((key) => `cluster.${key}`) : ["cluster"];
}

function withoutReadOnly({ node, rpc, cluster, ...rest }: ConfigObject): ConfigObject {
  void node;
  void rpc;
  const links = isObject(cluster) ? cluster.links : undefined;
  return links === undefined ? rest : { ...rest, cluster: { links } };
}

function masked(config: ConfigObject): ConfigObject {
  const copy = JSON.stringify(config, (key, value: unknown) =>
    /cookie|password|secret|^key$/.test(key) && typeof value === "string" ? "******" : value,
  );
  return JSON.parse(copy) as ConfigObject;
}
