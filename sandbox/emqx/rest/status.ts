import type { EmqxNode } from "../node";
import type { RestRoute } from "./http";

/** `/status`: says that the node runs, nothing about the cluster. */
export function statusRoutes(node: EmqxNode): RestRoute[] {
  const route = (path: string): RestRoute => ({
    method: "GET",
    path,
    auth: false,
    handle: ({ query }) => {
      const { name } = node.settings;
      const headers = { "retry-after": "15" };
      if (query.get("format") === "json") {
        const body = { node_name: name, broker_status: "started", app_status: "running" };
        return { status: 200, headers, body };
      }
      const body = `Node ${name} is started\nemqx is running`;
      return { status: 200, headers, body, contentType: "text/plain" };
    },
  });
  return [route("/status"), route("/api/v5/status")];
}
