import { RpcError } from "../../cluster/mesh";
import type { RestResponse, RestRoute } from "../../rest/http";
import { failure } from "../../rest/http";
import { nodeNotFound } from "../../rest/nodes";
import type { V4Node } from "../node";
import { wrapped } from "./wrap";

const TIMEOUT = 15_000;

/** Nodes and what they count: `/nodes`, `/brokers`, `/stats`, `/metrics`, `/listeners`. */
export function v4NodeRoutes(node: V4Node): RestRoute[] {
  const get = (path: string, handle: RestRoute["handle"]): RestRoute => ({
    method: "GET",
    path: `/api/v4${path}`,
    handle,
  });
  const one = (path: string, method: string): RestRoute =>
    get(path, ({ params: [name = ""] }) => askOne(node, name, method));
  const each = (path: string, key: "stats" | "metrics" | "listeners"): RestRoute =>
    get(path, async () => {
      const found = await askAll(node, `v4.${key}`);
      return wrapped(found.map(([name, value]) => ({ node: name, [key]: value })));
    });
  return [
    get("/nodes", async () => {
      const running = (await askAll(node, "v4.info")).map(([, row]) => row);
      const stopped = node.members
        .all()
        .filter((member) => !member.running)
        .map(({ name }) => ({ node: name, node_status: "Stopped" }));
      return wrapped([...running, ...stopped]);
    }),
    one("/nodes/{}", "v4.info"),
    one("/nodes/{}/stats", "v4.stats"),
    one("/nodes/{}/metrics", "v4.metrics"),
    one("/nodes/{}/listeners", "v4.listeners"),
    get("/brokers", async () => wrapped((await askAll(node, "v4.broker")).map(([, row]) => row))),
    one("/brokers/{}", "v4.broker"),
    each("/stats", "stats"),
    each("/metrics", "metrics"),
    each("/listeners", "listeners"),
  ];
}

/** What each running node answers; a node that goes away meanwhile is left out. */
export async function askAll(
  node: V4Node,
  method: string,
): Promise<[name: string, value: unknown][]> {
  const found = await Promise.all(
    node.members.running().map(async (name): Promise<[string, unknown] | undefined> => {
      try {
        return [name, await node.mesh.call(name, method, undefined, TIMEOUT)];
      } catch (error) {
        if (error instanceof RpcError) return undefined;
        throw error;
      }
    }),
  );
  return found.filter((entry) => entry !== undefined);
}

async function askOne(node: V4Node, name: string, method: string): Promise<RestResponse> {
  if (!node.members.isRunning(name)) return nodeNotFound(name);
  try {
    return wrapped(await node.mesh.call(name, method, undefined, TIMEOUT));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return failure(500, "RPC_ERROR", error.reason);
  }
}
