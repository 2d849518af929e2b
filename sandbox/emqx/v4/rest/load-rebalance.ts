import { atLeast } from "../../image";
import type { RestRequest, RestResponse, RestRoute } from "../../rest/http";
import { failure, jsonBody } from "../../rest/http";
import { loadRebalanceRoutes } from "../../rest/load-rebalance";
import type { V4Node } from "../node";
import { startBodyProblem } from "./start-body";
import { wrapped } from "./wrap";

const V5 = "/api/v5/load_rebalance/";

/** `/load_rebalance/*` of 4.4: the operations of 5.0, with stricter and differently wrapped bodies. */
export function v4LoadRebalanceRoutes(node: V4Node): RestRoute[] {
  // Until 4.4.23 a load balancer had to log in for the check.
  const open = atLeast(node.settings.version, 4, 4, 24);
  return loadRebalanceRoutes(node)
    .filter(({ path }) => path.startsWith(V5))
    .map(({ method, path, handle }) => ({
      method,
      path: path.replace("/v5/", "/v4/"),
      ...(open && path === `${V5}availability_check` ? { auth: false } : {}),
      handle: async (request) => {
        const refused = path.endsWith("/start") ? refuseStart(request) : undefined;
        const answer = refused ?? (await handle(request));
        return method === "POST" && answer.status === 200 ? wrapped([]) : answer;
      },
    }));
}

function refuseStart(request: RestRequest): RestResponse | undefined {
  const body = jsonBody(request);
  if ("error" in body) return body.error;
  const problem = startBodyProblem(body.value);
  return problem === undefined ? undefined : failure(400, "BAD_REQUEST", problem);
}
