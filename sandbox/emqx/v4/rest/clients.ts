import type { RestRequest, RestResponse, RestRoute } from "../../rest/http";
import { failure } from "../../rest/http";
import { nodeNotFound } from "../../rest/nodes";
import type { V4Node } from "../node";
import { askAll } from "./nodes";
import { wrapped } from "./wrap";

type Row = Record<string, unknown>;

/** `/clients`, of the cluster and of one node. */
export function v4ClientRoutes(node: V4Node): RestRoute[] {
  const all = async (): Promise<Row[]> =>
    (await askAll(node, "v4.clients")).flatMap(([, rows]) => rows as Row[]);
  return [
    {
      method: "GET",
      path: "/api/v4/clients",
      handle: async (request) => page(await all(), request),
    },
    {
      method: "GET",
      path: "/api/v4/nodes/{}/clients",
      handle: async (request) => {
        const [name = ""] = request.params;
        if (!node.members.isRunning(name)) return nodeNotFound(name);
        return page(
          (await all()).filter((row) => row.node === name),
          request,
        );
      },
    },
    {
      method: "GET",
      path: "/api/v4/clients/{}",
      handle: async ({ params: [clientId] }) =>
        wrapped((await all()).filter((row) => row.clientid === clientId)),
    },
    {
      method: "DELETE",
      path: "/api/v4/clients/{}",
      handle: async ({ params: [clientId = ""] }) => {
        const owner = node.registry.owner(clientId);
        const kicked =
          owner !== undefined &&
          (await node.mesh.call<boolean>(owner, "report.kick", clientId, 15_000));
        return kicked ? { status: 200, body: { code: 0 } } : failure(404, "NOT_FOUND", clientId);
      },
    },
  ];
}

function page(rows: Row[], { query }: RestRequest): RestResponse {
  const state = query.get("conn_state");
  const found = rows.filter((row) => state === null || (state === "connected") === row.connected);
  const limit = positive(query.get("_limit"), 10_000);
  const number = positive(query.get("_page"), 1);
  const meta = { page: number, limit, count: found.length, hasnext: number * limit < found.length };
  return wrapped(found.slice((number - 1) * limit, number * limit), { meta });
}

function positive(text: string | null, fallback: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value > 0 ? value : fallback;
}
