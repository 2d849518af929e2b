import { atLeast } from "../../image";
import type { RestRequest, RestResponse, RestRoute } from "../../rest/http";
import type { RestDialect } from "../../rest/server";
import { statusRoutes } from "../../rest/status";
import type { V4Node } from "../node";
import { v4ClientRoutes } from "./clients";
import { v4LoadRebalanceRoutes } from "./load-rebalance";
import { v4NodeRoutes } from "./nodes";
import { switchRoutes } from "../../switches/routes";
import { v4PrometheusRoutes } from "./prometheus";

/** The API of 4.4, on the management port for applications and on the dashboard's for its user. */
export function v4Dialects(node: V4Node): RestDialect[] {
  const { version, defaultApp, dashboardUser, managementPort, ports } = node.settings;
  const routes: RestRoute[] = [
    ...statusRoutes(node).filter(({ path }) => path === "/status"),
    ...v4NodeRoutes(node),
    ...switchRoutes(node.switches),
    ...v4ClientRoutes(node),
    ...v4PrometheusRoutes(node),
    // The plugins that can evacuate came with 4.4.12.
    ...(atLeast(version, 4, 4, 12) ? v4LoadRebalanceRoutes(node) : []),
  ];
  const dialect = (port: number, admits: (id: string, secret: string) => boolean): RestDialect => ({
    port,
    routes,
    refuse: (route, request) => refuse(route, request, admits),
    notFound: () => ({ status: 404, body: "Not found.", contentType: "text/plain" }),
  });
  const dashboard = dialect(
    ports.dashboard,
    (name, password) => name === dashboardUser.username && password === dashboardUser.password,
  );
  if (managementPort === undefined) return [dashboard];
  const management = dialect(managementPort, (id, secret) => {
    if (id === defaultApp.id && secret === defaultApp.secret) return true;
    return node.apiKeys.check(id, secret) !== undefined;
  });
  return [dashboard, management];
}

function refuse(
  route: RestRoute,
  request: RestRequest,
  admits: (id: string, secret: string) => boolean,
): RestResponse | undefined {
  if (route.auth === false) return undefined;
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(request.headers.authorization ?? "")?.[1];
  const [id = "", ...rest] = Buffer.from(encoded ?? "", "base64")
    .toString()
    .split(":");
  if (encoded !== undefined && admits(id, rest.join(":"))) return undefined;
  return {
    status: 401,
    body: "UNAUTHORIZED",
    headers: { "WWW-Authenticate": 'Basic Realm="minirest-server"' },
  };
}
