import type { EmqxNode } from "../node";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { failure, jsonBody, ok } from "./http";

/** Dashboard login and the paths that API keys may not use. */
export function loginRoutes(node: EmqxNode): RestRoute[] {
  const { username } = node.settings.dashboardUser;
  return [
    {
      method: "POST",
      path: "/api/v5/login",
      auth: false,
      schema: true,
      handle: (request) => login(node, request),
    },
    {
      method: "POST",
      path: "/api/v5/logout",
      handle: ({ headers }) => {
        const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
        node.tokens.learn(token, 0);
        node.members.broadcast("token", token, 0);
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/api/v5/users",
      apiKeys: false,
      handle: () => ok([{ username, role: "administrator", description: "", backend: "local" }]),
    },
    {
      method: "GET",
      path: "/api/v5/api_key",
      apiKeys: false,
      handle: () => ok(node.apiKeys.list().map(([key, { role }]) => ({ api_key: key, role }))),
    },
  ];
}

function login(node: EmqxNode, request: RestRequest): RestResponse {
  const body = jsonBody(request);
  if ("error" in body) return body.error;
  const given: Record<string, unknown> = { ...(body.value as object) };
  const { username, password } = node.settings.dashboardUser;
  if (given.username !== username || given.password !== password) {
    return failure(401, "BAD_USERNAME_OR_PWD", "Auth failed");
  }
  const [token, expiresAt] = node.tokens.create();
  node.members.broadcast("token", token, expiresAt);
  const { edition, text: version } = node.settings.version;
  return ok({ license: { edition }, role: "administrator", token, version });
}
