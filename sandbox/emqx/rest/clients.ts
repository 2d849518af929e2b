import { RpcError } from "../cluster/mesh";
import type { EmqxNode } from "../node";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { failure, ok } from "./http";

type Row = Record<string, unknown>;

/** `/clients`. */
export function clientRoutes(node: EmqxNode): RestRoute[] {
  const notFound = (): RestResponse => failure(404, "CLIENTID_NOT_FOUND", "Client ID not found");
  return [
    { method: "GET", path: "/api/v5/clients", handle: (request) => list(node, request) },
    {
      method: "GET",
      path: "/api/v5/clients/{}",
      handle: async ({ params: [clientId = ""] }) => {
        const owner = node.registry.owner(clientId);
        if (owner === undefined) return notFound();
        const rows = await node.mesh.call<Row[]>(owner, "report.clients", undefined, 15_000);
        const row = rows.find((candidate) => candidate.clientid === clientId);
        return row ? ok(row) : notFound();
      },
    },
    {
      method: "DELETE",
      path: "/api/v5/clients/{}",
      handle: async ({ params: [clientId = ""] }) => {
        const owner = node.registry.owner(clientId);
        if (owner === undefined) return notFound();
        const kicked = await node.mesh.call<boolean>(owner, "report.kick", clientId, 15_000);
        return kicked ? { status: 204 } : notFound();
      },
    },
  ];
}

async function list(node: EmqxNode, { query }: RestRequest): Promise<RestResponse> {
  const only = query.get("node");
  if (only !== null && !node.members.isRunning(only)) {
    const text = `bad rpc call <<"${only}">>, Reason <<"invalid node">>`;
    return failure(500, "NODE_DOWN", text);
  }
  const names = only === null ? node.members.running() : [only];
  const rows: Row[] = [];
  for (const name of names) {
    try {
      rows.push(...(await node.mesh.call<Row[]>(name, "report.clients", undefined, 15_000)));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return failure(500, "NODE_DOWN", `bad rpc call ${name}, Reason ${error.reason}`);
    }
  }
  const found = rows.filter((row) => matches(row, query));
  const limit = positive(query.get("limit"), 100);
  const page = positive(query.get("page"), 1);
  const data = found.slice((page - 1) * limit, page * limit);
  const hasnext = page * limit < found.length;
  return ok({ data, meta: { count: found.length, hasnext, limit, page } });
}

function matches(row: Row, query: URLSearchParams): boolean {
  const state = query.get("conn_state");
  if (state !== null && (state === "connected") !== row.connected) return false;
  const ids = query.getAll("clientid");
  if (ids.length > 0 && !ids.includes(String(row.clientid))) return false;
  return String(row.clientid).includes(query.get("like_clientid") ?? "");
}

function positive(text: string | null, fallback: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value > 0 ? value : fallback;
}
