/** What `emqx.conf` of an EMQX 4.4 node will say, as far as ports and names go. */
import { isObject } from "../shape";
import type { EnterpriseContainer, EnterpriseInputs } from "./inputs";

/** EMQX's management API, by which the rollout talks to the nodes. */
export const DEFAULT_MANAGEMENT_PORT = 8081;
export const DEFAULT_DASHBOARD_PORT = 18083;

export type EnterpriseSettings = ReadonlyMap<string, string>;

export interface DeclaredPort {
  /** As the operator calls the Service's port, for example `mqtt-tcp-1883`. */
  name: string;
  port: number;
}

interface Env {
  name: string;
  value?: unknown;
}

/** In a preview a whole part may be unknown, which is a string. */
export const listOf = <T>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);

/** `zone.external.max_packet_size` is `EMQX_ZONE__EXTERNAL__MAX_PACKET_SIZE`. */
export const envNameOf = (key: string): string => `EMQX_${key.replaceAll(".", "__").toUpperCase()}`;

export function containerOf(inputs: EnterpriseInputs): EnterpriseContainer {
  const container = inputs.template?.spec?.emqxContainer;
  return isObject(container) ? container : {};
}

/** The user's settings; an environment variable of the same meaning wins. */
export function settingsOf(container: EnterpriseContainer): EnterpriseSettings {
  const { emqxConfig, env } = container;
  const settings = new Map(Object.entries(isObject(emqxConfig) ? emqxConfig : {}));
  for (const { name, value } of listOf<Env>(env)) {
    if (!name?.startsWith("EMQX_") || typeof value !== "string") continue;
    settings.set(name.slice("EMQX_".length).replaceAll("__", ".").toLowerCase(), value);
  }
  return settings;
}

/** EMQX starts these unless they are set to nothing. */
const DEFAULTS: [string, string][] = [
  ["listener.tcp.external", "1883"],
  ["listener.ssl.external", "8883"],
  ["listener.ws.external", "8083"],
  ["listener.wss.external", "8084"],
];

const LISTENER = /^listener\.(tcp|ssl|ws|wss)\.[^.]+$/;

/** Ports of the MQTT listeners that other hosts can reach. */
export function mqttPorts(settings: EnterpriseSettings): DeclaredPort[] {
  const ports = new Map<number, DeclaredPort>();
  for (const [key, bind] of new Map([...DEFAULTS, ...settings])) {
    const type = LISTENER.exec(key)?.[1];
    const port = portOf(bind);
    if (!type || port === undefined || isLocal(bind) || ports.has(port)) continue;
    ports.set(port, { name: `mqtt-${type}-${port}`, port });
  }
  return [...ports.values()];
}

export const managementPort = (settings: EnterpriseSettings): number =>
  portOf(settings.get("management.listener.http") ?? "") ?? DEFAULT_MANAGEMENT_PORT;

/** Undefined when the dashboard is switched off. */
export function dashboardPort(settings: EnterpriseSettings): number | undefined {
  const bind = settings.get("dashboard.listener.http");
  return bind === undefined ? DEFAULT_DASHBOARD_PORT : portOf(bind);
}

const isLocal = (bind: string) => /^\s*(127\.|localhost:|\[::1\])/.test(bind);

/** `1883`, `0.0.0.0:1883`, `[::]:1883`; anything else is none. */
function portOf(bind: string): number | undefined {
  const port = Number(/(?:^|:)(\d{1,5})$/.exec(bind.trim())?.[1] ?? 0);
  return port > 0 && port < 65_536 ? port : undefined;
}
