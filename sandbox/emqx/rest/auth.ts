import type { EmqxNode } from "../node";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { failure } from "./http";

/** Checks a request's credentials; the answer that refuses it, or undefined. */
export function authorize(
  node: EmqxNode,
  route: RestRoute,
  request: RestRequest,
): RestResponse | undefined {
  if (route.auth === false) return undefined;
  const header = request.headers.authorization;
  if (header === undefined) return challenge(failure(401, ...missingHeader(node)));
  const bearer = /^Bearer (.+)$/i.exec(header);
  if (bearer) {
    const valid = node.tokens.isValid(bearer[1] ?? "");
    return valid ? undefined : failure(401, "BAD_TOKEN", "Get a token by POST /login");
  }
  const basic = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(header);
  const [key, ...rest] = Buffer.from(basic?.[1] ?? "", "base64")
    .toString()
    .split(":");
  if (!basic || !key || rest.length === 0) return { status: 400 };
  if (route.apiKeys === false) {
    const path = request.path.split("/")[3] ?? "";
    const text = `Please use bearer Token instead, using API key/secret in ${path} path is not permitted`;
    return challenge(failure(401, "API_KEY_NOT_ALLOW", text));
  }
  const role = node.apiKeys.check(key, rest.join(":"));
  if (role === undefined) {
    return challenge(failure(401, "BAD_API_KEY_OR_SECRET", "Check api_key/api_secret"));
  }
  if (role === "administrator" || (role === "viewer" && route.method === "GET")) return undefined;
  const text = "This API Key don't have permission to access this resource";
  return failure(403, "UNAUTHORIZED_ROLE", text);
}

function missingHeader(node: EmqxNode): [code: string, message: string] {
  const message =
    node.settings.version.major >= 6
      ? "Missing authorization header. Use Basic auth with API key/secret, or Bearer token"
      : "Support authorization: basic/bearer ";
  return ["AUTHORIZATION_HEADER_ERROR", message];
}

function challenge(response: RestResponse): RestResponse {
  return { ...response, headers: { "WWW-Authenticate": 'Basic Realm="emqx-dashboard"' } };
}
