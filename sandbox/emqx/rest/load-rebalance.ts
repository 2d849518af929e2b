import { RpcError } from "../cluster/mesh";
import type { EvacuationStatus } from "../evacuation/evacuation";
import type { EvacuationParameters } from "../evacuation/parameters";
import { InvalidParameters, parseParameters } from "../evacuation/parameters";
import { atLeast } from "../image";
import type { EmqxNode } from "../node";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { atom, failure, jsonBody, ok } from "./http";
import { nodeNotFound } from "./nodes";

/** Milliseconds after which a call to another node fails. */
const RPC_TIMEOUT = 15_000;

/** `/load_rebalance/*` and `/node_eviction/status`. */
export function loadRebalanceRoutes(node: EmqxNode): RestRoute[] {
  node.mesh.serve("evacuation.start", (parameters) =>
    node.evacuation.start(parameters as EvacuationParameters),
  );
  node.mesh.serve("evacuation.stop", () => node.evacuation.stop());
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
        if (!isOff()) return ok({ status: "disabled" });
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
  if (answer.status === 200 && node.settings.faults.has("start-500-though-started")) {
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
  const result = await node.mesh.call<string>(name, method, argument, RPC_TIMEOUT);
  if (result === "ok") return ok({});
  return failure(400, "BAD_REQUEST", `error on node ${atom(name)}: ${result}`);
}

/** `global_status`: whoever doesn't answer in time is silently missing. */
class GlobalStatus {
  private asked = 0;

  constructor(private readonly node: EmqxNode) {}

  async answer(): Promise<RestResponse> {
    this.asked += 1;
    const found = await Promise.all(
      this.node.members.running().map(async (name) => {
        try {
          const status = await this.node.mesh.call<EvacuationStatus | undefined>(
            name,
            "evacuation.status",
            undefined,
            RPC_TIMEOUT,
          );
          return status && { ...status, node: name };
        } catch (error) {
          if (error instanceof RpcError) return undefined;
          throw error;
        }
      }),
    );
    const evacuations = found.filter((status) => status !== undefined);
    const hides = this.node.settings.faults.has("missing-from-global-status");
    if (hides && this.asked % 3 === 0) evacuations.length = 0;
    const purges = atLeast(this.node.settings.version, 5, 2, 1) ? { purges: [] } : {};
    return ok({ evacuations, ...purges, rebalances: [] });
  }
}
