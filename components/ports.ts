/** Ports of the Services and the container, from the declared configuration. */
import type { Settings } from "./hocon";

export interface DeclaredPort {
  /** `<type>-<name>`, for example `tcp-default`. */
  name: string;
  port: number;
  protocol: "TCP" | "UDP";
}

export interface DeclaredPorts {
  /** Listeners of MQTT and of gateways. */
  listeners: DeclaredPort[];
  /** Port of the dashboard and the HTTP API, undefined when it is disabled. */
  dashboard?: number;
  dashboardHttps?: number;
}

export const DEFAULT_DASHBOARD_PORT = 18083;

/** EMQX starts these unless they are disabled by name. */
const DEFAULTS: [string, string][] = [
  ["listeners.tcp.default.bind", "1883"],
  ["listeners.ssl.default.bind", "8883"],
  ["listeners.ws.default.bind", "8083"],
  ["listeners.wss.default.bind", "8084"],
];

const LISTENER = /^listeners\.([a-z]+)\.([^.]+)\.bind$/;
const GATEWAY = /^gateway\.([^.]+)\.listeners\.([a-z]+)\.([^.]+)\.bind$/;
const UDP = new Set(["quic", "udp", "dtls"]);

/** What EMQX will listen on, as far as the configuration says. */
export function declaredPorts(settings: Settings): DeclaredPorts {
  const all = new Map([...DEFAULTS, ...settings]);
  const listeners: DeclaredPort[] = [];
  for (const [path, bind] of all) {
    const port = portOf(bind);
    if (port === undefined || !enabled(settings, path)) continue;
    const [, type, name] = LISTENER.exec(path) ?? [];
    const [, gateway, transport, listener] = GATEWAY.exec(path) ?? [];
    if (type && name) {
      listeners.push({ name: dns(`${type}-${name}`), port, protocol: protocol(type) });
    } else if (gateway && transport && enabled(settings, `gateway.${gateway}.bind`)) {
      const label = dns(`${gateway}-${transport}-${listener}`);
      listeners.push({ name: label, port, protocol: protocol(transport) });
    }
  }
  return {
    listeners: unique(listeners),
    dashboard: dashboardPort(settings, "http", String(DEFAULT_DASHBOARD_PORT)),
    dashboardHttps: dashboardPort(settings, "https", "0"),
  };
}

/** Then probes and rollout speak HTTPS; where HTTP is offered too, they take that. */
export const isHttpsOnly = ({ dashboard, dashboardHttps }: DeclaredPorts): boolean =>
  dashboard === undefined && dashboardHttps !== undefined;

function dashboardPort(settings: Settings, scheme: string, byDefault: string): number | undefined {
  const path = `dashboard.listeners.${scheme}.bind`;
  return enabled(settings, path) ? portOf(settings.get(path) ?? byDefault) : undefined;
}

function enabled(settings: Settings, bindPath: string): boolean {
  const parent = bindPath.slice(0, -".bind".length);
  return !["enable", "enabled"].some((key) => settings.get(`${parent}.${key}`) === "false");
}

/** `1883`, `:1883`, `0.0.0.0:1883`, `[::]:1883`; 0 and anything else mean none. */
function portOf(bind: string): number | undefined {
  const port = Number(/(?:^|:)(\d{1,5})$/.exec(bind.trim())?.[1] ?? 0);
  return port > 0 && port < 65_536 ? port : undefined;
}

const protocol = (type: string): "TCP" | "UDP" => (UDP.has(type) ? "UDP" : "TCP");

const dns = (name: string) =>
  name
    .replace(/[^a-z0-9-]/g, "-")
    .slice(0, 63)
    .replace(/-+$/, "");

/** A name that is taken, as DNS tells names apart, gets its port's number. */
function unique(ports: DeclaredPort[]): DeclaredPort[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const kept: DeclaredPort[] = [];
  for (const each of ports) {
    const number = `${each.protocol} ${each.port}`;
    if (numbers.has(number)) continue;
    numbers.add(number);
    const name = names.has(each.name) ? `${each.name.slice(0, 57)}-${each.port}` : each.name;
    names.add(name);
    kept.push({ ...each, name });
  }
  return kept;
}
