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
      const status = node.isServing ? 200 : 503;
      const app = node.isServing ? "running" : "not_running";
      if (query.get("format") === "json") {
        const body = { node_name: name, broker_status: "started", app_status: app };
        return { status, headers, body };
      }
      const body = `Node ${name} is started\nemqx is ${app}`;
      return { status, headers, body, contentType: "text/plain" };
    },
  });
  return [route("/status"), route("/api/v5/status")];
}
