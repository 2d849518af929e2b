import { RpcError } from "../cluster/mesh";
import type { EmqxNode } from "../node";
import type { RestResponse, RestRoute } from "./http";
import { failure, ok } from "./http";

/** The answer for a node that isn't running or never was. */
export function nodeNotFound(name: string): RestResponse {
  return failure(404, "NOT_FOUND", `Node not found: ${name}`);
}

/** Asks a running node through `method`; 404 for others, 500 when it doesn't answer. */
export async function askNode(
  node: EmqxNode,
  name: string,
  method: string,
  timeout: number,
): Promise<RestResponse> {
  if (!node.members.isRunning(name)) return nodeNotFound(name);
  try {
    return ok(await node.mesh.call(name, method, undefined, timeout));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return failure(500, "INTERNAL_ERROR", `error, {erpc,${error.reason}}`);
  }
}

/** `GET /nodes` and what belongs to one node. */
export function nodeRoutes(node: EmqxNode): RestRoute[] {
  return [
    {
      method: "GET",
      path: "/api/v5/nodes",
      handle: async () => {
        const rows = await Promise.all(
          node.members.listed().map(async ({ name, running }) => {
            if (!running) return { node: name, node_status: "stopped", role: "core" };
            try {
              return await node.mesh.call<object>(name, "report.info", undefined, 30_000);
            } catch (error) {
              if (error instanceof RpcError) return undefined;
              throw error;
            }
          }),
        );
        return ok(rows.filter((row) => row !== undefined));
      },
    },
    {
      method: "GET",
      path: "/api/v5/nodes/{}",
      handle: ({ params: [name = ""] }) => askNode(node, name, "report.info", 30_000),
    },
    {
      method: "GET",
      path: "/api/v5/nodes/{}/stats",
      handle: ({ params: [name = ""] }) => askNode(node, name, "report.stats", 15_000),
    },
    {
      method: "GET",
      path: "/api/v5/nodes/{}/metrics",
      handle: ({ params: [name = ""] }) => askNode(node, name, "report.metrics", 15_000),
    },
  ];
}
