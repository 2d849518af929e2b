import { atLeast } from "../../image";
import type { RestRequest, RestResponse, RestRoute } from "../../rest/http";
import { failure, jsonBody } from "../../rest/http";
import { loadRebalanceRoutes } from "../../rest/load-rebalance";
import type { V4Node } from "../node";
import { startBodyProblem } from "./start-body";
import { wrapped } from "./wrap";

const V5 = "/api/v5/load_rebalance/";

/** `/load_rebalance/*` of 4.4: the operations of 5.x with other bodies. */
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
        if (method === "GET") return withoutPurges(await handle(request));
        if (!path.endsWith("/start")) return done(await handle(request));
        const given = startRequest(request);
        return "status" in given ? given : done(await handle(given));
      },
    }));
}

/** The request as 5.x would be asked, or the answer that refuses it. */
function startRequest(request: RestRequest): RestRequest | RestResponse {
  const body = jsonBody(request);
  if ("error" in body) return body.error;
  const problem = startBodyProblem(body.value);
  if (problem !== undefined) return failure(400, "BAD_REQUEST", problem);
  // 4.4 starts to evict at once.
  const text = JSON.stringify({ ...(body.value as object), wait_health_check: 0 });
  return { ...request, text };
}

function done(answer: RestResponse): RestResponse {
  return answer.status === 200 ? wrapped([]) : answer;
}

function withoutPurges(answer: RestResponse): RestResponse {
  if (typeof answer.body !== "object" || answer.body === null) return answer;
  const { purges: _purges, ...body } = answer.body as Record<string, unknown>;
  return { ...answer, body };
}
