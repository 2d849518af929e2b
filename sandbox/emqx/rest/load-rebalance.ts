import { RpcError } from "../cluster/mesh";
import type { EvacuationStatus } from "../evacuation/evacuation";
import type { EvacuationParameters } from "../evacuation/parameters";
import { InvalidParameters, parseParameters } from "../evacuation/parameters";
import { atLeast } from "../image";
import type { EmqxNode } from "../node";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { atom, failure, jsonBody, ok } from "./http";
import { nodeNotFound } from "./nodes";
import { rpcTimeout } from "./rpc-timeout";

/** `/load_rebalance/*` and `/node_eviction/status`. */
export function loadRebalanceRoutes(node: EmqxNode): RestRoute[] {
  node.mesh.serve("evacuation.start", (parameters) => {
    if (node.switches.has("start-lost")) return "ok";
    if (node.isBusy) return "eviction_agent_busy";
    return node.evacuation.start(parameters as EvacuationParameters);
  });
  node.mesh.serve("evacuation.stop", () =>
    node.switches.has("stop-lost") ? "ok" : node.evacuation.stop(),
  );
  node.mesh.serve("purge.status", () => undefined);
  node.mesh.serve("rebalance.status", () => (node.isBusy ? rebalanceStatus(node) : undefined));
  const globalStatus = new GlobalStatus(node);
  const { version } = node.settings;
  // Before 5.4 the agent was off, and the node available, until clients were refused.
  const isOff = (): boolean =>
    atLeast(version, 5, 4) ? node.evacuation.enabled : node.evacuation.refusing;
  return [
    {
      method: "GET",
      path: "/api/v5/load_rebalance/status",
      handle: async () => {
        const status = await node.evacuation.status();
        if (!status && node.isBusy) {
          return ok({ ...rebalanceStatus(node), process: "rebalance", status: "enabled" });
        }
        if (!status) return ok({ status: "disabled" });
        return ok({ ...status, process: "evacuation", status: "enabled" });
      },
    },
    {
      method: "GET",
      path: "/api/v5/load_rebalance/global_status",
      handle: () => globalStatus.answer(),
    },
    {
      method: "GET",
      path: "/api/v5/load_rebalance/availability_check",
      ...(atLeast(version, 5, 4) ? { auth: false } : {}),
      handle: () => (isOff() ? failure(503, "NODE_EVACUATING", "Node Evacuating") : ok({})),
    },
    {
      method: "POST",
      path: "/api/v5/load_rebalance/{}/evacuation/start",
      schema: true,
      handle: (request) => start(node, request),
    },
    {
      method: "POST",
      path: "/api/v5/load_rebalance/{}/evacuation/stop",
      handle: ({ params: [name = ""] }) => onNode(node, name, "evacuation.stop", undefined),
    },
    {
      method: "GET",
      path: "/api/v5/node_eviction/status",
      handle: () => {
        if (!isOff() && !node.isBusy) return ok({ status: "disabled" });
        const { liveCount, sessionCount } = node.broker;
        const stats = { connections: liveCount, sessions: sessionCount };
        return ok({ stats, status: "enabled" });
      },
    },
  ];
}

async function start(node: EmqxNode, request: RestRequest): Promise<RestResponse> {
  const [name = ""] = request.params;
  const body = jsonBody(request);
  if ("error" in body) return body.error;
  if (body.value === null) {
    const text =
      'throw, {emqx_node_rebalance_api,[#{kind => validation_error,path => "rebalance_evacuation_start",reason => required_field}]}';
    return failure(500, "INTERNAL_ERROR", text);
  }
  let parameters: EvacuationParameters;
  try {
    parameters = parseParameters(body.value, atLeast(node.settings.version, 5, 1));
  } catch (error) {
    if (!(error instanceof InvalidParameters)) throw error;
    return failure(400, "BAD_REQUEST", error.message);
  }
  if (!node.members.isRunning(name)) return nodeNotFound(name);
  const refused = await checkRecipients(node, parameters.migrateTo ?? []);
  if (refused) return refused;
  const answer = await onNode(node, name, "evacuation.start", parameters);
  if (answer.status === 200 && node.switches.has("start-500-though-started")) {
    throw new RpcError(name, "timeout");
  }
  return answer;
}

async function checkRecipients(node: EmqxNode, names: string[]): Promise<RestResponse | undefined> {
  const invalid = names.filter((name) => !node.members.seen.has(name));
  if (invalid.length > 0) {
    const list = invalid.map((name) => `<<"${name}">>`).join(",");
    return failure(400, "BAD_REQUEST", `Invalid nodes: [${list}]`);
  }
  const available = await node.availableAmong(names);
  const missing = names.filter((name) => !available.includes(name));
  if (missing.length === 0) return undefined;
  return failure(400, "NOT_FOUND", `Nodes unavailable: [${missing.map(atom).join(",")}]`);
}

async function onNode(
  node: EmqxNode,
  name: string,
  method: string,
  argument: unknown,
): Promise<RestResponse> {
  if (!node.members.isRunning(name)) return nodeNotFound(name);
  const result = await node.mesh.call<string>(name, method, argument, rpcTimeout(node));
  if (result === "ok") return ok({});
  return failure(400, "BAD_REQUEST", `error on node ${atom(name)}: ${result}`);
}

/** `global_status`: whoever doesn't answer in time is silently missing. */
class GlobalStatus {
  private asked = 0;

  constructor(private readonly node: EmqxNode) {}

  async answer(): Promise<RestResponse> {
    this.asked += 1;
    const knowsPurges = atLeast(this.node.settings.version, 5, 2, 1);
    // One after the other, so that a node that hangs costs three timeouts.
    const evacuations = await this.ask<EvacuationStatus>("evacuation.status");
    const purges = knowsPurges ? { purges: await this.ask<object>("purge.status") } : {};
    const rebalances = await this.ask<object>("rebalance.status");
    const hides = this.node.switches.has("missing-from-global-status");
    if (hides && this.asked % 3 === 0) evacuations.length = 0;
    return ok({ evacuations, ...purges, rebalances });
  }

  private async ask<T extends object>(method: string): Promise<(T & { node: string })[]> {
    const { mesh, members } = this.node;
    const found = await Promise.all(
      members.running().map(async (name) => {
        try {
          const timeout = rpcTimeout(this.node);
          const status = await mesh.call<T | undefined>(name, method, undefined, timeout);
          return status && { ...status, node: name };
        } catch (error) {
          if (error instanceof RpcError) return undefined;
          throw error;
        }
      }),
    );
    return found.filter((status) => status !== undefined);
  }
}

/** A rebalance that somebody started from this node, as `global_status` lists it. */
function rebalanceStatus({ settings, members }: EmqxNode): object {
  return {
    connection_eviction_rate: 5,
    coordinator_node: settings.name,
    donors: [settings.name],
    recipients: members.peers(),
    session_eviction_rate: 5,
    state: "wait_health_check",
  };
}
