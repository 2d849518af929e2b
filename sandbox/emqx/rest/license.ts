import { licenseBody, readLicense } from "../license";
import type { EmqxNode } from "../node";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { changeConfig } from "./configs";
import { failure, jsonBody, ok } from "./http";

/** `/license`. */
export function licenseRoutes(node: EmqxNode): RestRoute[] {
  return [
    {
      method: "GET",
      path: "/api/v5/license",
      handle: () => ok(licenseBody(node.license.current, node.switches.licenseTime())),
    },
    {
      method: "POST",
      path: "/api/v5/license",
      schema: true,
      handle: (request) => update(node, request),
    },
  ];
}

async function update(node: EmqxNode, request: RestRequest): Promise<RestResponse> {
  const body = jsonBody(request);
  if ("error" in body) return body.error;
  const { key } = { key: undefined, ...(body.value as object) } as { key: unknown };
  const license = typeof key === "string" ? readLicense(key, node.settings.version) : undefined;
  if (!license || typeof key !== "string") {
    return failure(400, "BAD_REQUEST", "Bad license key, see logs for more details");
  }
  if (license.type === "community" && node.members.running().length > 1) {
    return failure(400, "BAD_REQUEST", "SINGLE_NODE_LICENSE");
  }
  await changeConfig(node, { license: { key } }, "merge");
  return ok(licenseBody(node.license.current, node.switches.licenseTime()));
}
