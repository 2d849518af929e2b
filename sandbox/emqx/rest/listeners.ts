import type { EmqxNode } from "../node";
import type { ConfigObject } from "../settings/hocon";
import { isObject } from "../settings/hocon";
import { configAt } from "../settings/config-sources";
import type { RestRoute } from "./http";
import { failure, ok } from "./http";

type Row = Record<string, unknown>;

/** `GET /listeners`: the MQTT listeners of the configuration; the simulator opens `tcp:default` only. */
export function listenerRoutes(node: EmqxNode): RestRoute[] {
  const rows = (): Row[] => {
    const all: ConfigObject = { tcp: { default: {} } };
    const configured = configAt(node.config.effective(), "listeners");
    if (isObject(configured)) Object.assign(all, configured);
    return Object.entries(all).flatMap(([type, named]) =>
      Object.entries(isObject(named) ? named : {}).map(([name, settings]) =>
        row(node, `${type}:${name}`, isObject(settings) ? settings : {}),
      ),
    );
  };
  return [
    { method: "GET", path: "/api/v5/listeners", handle: () => ok(rows()) },
    {
      method: "GET",
      path: "/api/v5/listeners/{}",
      handle: ({ params: [id = ""] }) => {
        const found = rows().find((candidate) => candidate.id === id);
        return found ? ok(found) : failure(404, "BAD_LISTENER_ID", "Listener id not found");
      },
    },
  ];
}

function row(node: EmqxNode, id: string, settings: ConfigObject): Row {
  const [type = "", name = ""] = id.split(":");
  const isDefault = id === "tcp:default";
  const enable = (settings.enable ?? settings.enabled) !== false;
  const running = isDefault && enable;
  const status = {
    max_connections: settings.max_connections ?? "infinity",
    current_connections: isDefault ? node.listener.connections.size : 0,
    running,
  };
  return {
    acceptors: settings.acceptors ?? 16,
    bind: String(settings.bind ?? "0.0.0.0:1883"),
    ...{ enable, id, name, number: 1, type, status },
    node_status: [{ node: node.settings.name, status }],
  };
}
