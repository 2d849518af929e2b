import type { EmqxNode } from "../node";
import { RpcError } from "../cluster/mesh";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { atom, failure, jsonBody, ok } from "./http";
import { statusRoutes } from "./status";

/** `/cluster` and `/status`. */
export function clusterRoutes(node: EmqxNode): RestRoute[] {
  const { members, settings } = node;
  return [
    ...statusRoutes(node),
    {
      method: "GET",
      path: "/api/v5/cluster",
      handle: () =>
        ok({ name: settings.clusterName, nodes: members.running(), self: settings.name }),
    },
    {
      method: "GET",
      path: "/api/v5/cluster/topology",
      handle: () => ok(topology(node)),
    },
    {
      method: "GET",
      path: "/api/v5/cluster/invitation",
      handle: () => ok({ failed: [], in_progress: [], succeed: [] }),
    },
    {
      method: "PUT",
      path: "/api/v5/cluster/{}/invite",
      schema: true,
      handle: (request) => invite(node, request),
    },
    {
      method: "DELETE",
      path: "/api/v5/cluster/{}/force_leave",
      handle: ({ params: [name = ""] }) => forceLeave(node, name),
    },
  ];
}

/** Each core with the replicants that follow it: those of its release, shared out in order. */
function topology({ members }: EmqxNode): object[] {
  const running = members.all().filter((member) => member.running);
  return running
    .filter((member) => member.role === "core")
    .map((core) => {
      const cores = members.coresOf(core.release);
      const place = cores.findIndex(({ name }) => name === core.name);
      const followers = running
        .filter(({ role, release }) => role === "replicant" && release === core.release)
        .filter((_follower, index) => index % cores.length === place);
      const nodes = followers.map(({ name }) => ({ node: name, streams: 10 }));
      return { core_node: core.name, replicant_nodes: nodes };
    });
}

async function forceLeave(node: EmqxNode, name: string): Promise<RestResponse> {
  if (name.split("@").length !== 2) {
    const error = { value: name, reason: "Bad node name", path: "node", kind: "validation_error" };
    return failure(400, "BAD_REQUEST", JSON.stringify(error));
  }
  if (name === node.settings.name) return failure(400, "BAD_REQUEST", "Can't leave self");
  const left = await node.joining.forceLeave(name);
  return left ? { status: 204 } : failure(400, "BAD_REQUEST", "node_not_in_cluster");
}

async function invite(node: EmqxNode, request: RestRequest): Promise<RestResponse> {
  const body = jsonBody(request);
  if ("error" in body) return body.error;
  const [name = ""] = request.params;
  if (node.members.isRunning(name)) {
    const text = `{already_in_cluster,${atom(node.settings.name)}}`;
    return failure(400, "BAD_REQUEST", text);
  }
  const address = node.autocluster.resolve(name) ?? node.members.addressOf(name);
  if (!(await node.mesh.connect(name, address))) return failure(400, "BAD_REQUEST", "nodedown");
  const self = { name: node.settings.name, address: node.settings.address };
  try {
    const joined = await node.mesh.call<boolean>(name, "cluster.invite", self, 15_000);
    return joined ? { status: 200 } : failure(400, "BAD_REQUEST", "join_failed");
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return failure(400, "BAD_REQUEST", error.reason);
  }
}
