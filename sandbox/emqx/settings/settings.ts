import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EmqxVersion } from "../image";
import { atLeast, versionOfImage } from "../image";
import type { NodeRole } from "../cluster/members";
import type { ConfigSources } from "./config-sources";
import { configAt, configFromEnv, effectiveConfig, readConfigFile } from "./config-sources";
import type { ConfigObject, ConfigValue } from "./hocon";
import { faultsFromEnv } from "./faults";
import type { Fault } from "./faults";
import { durationSetting, sizeSetting } from "./units";

/** Everything that one node reads from its env and files when it boots. */
export interface Settings {
  version: EmqxVersion;
  /** Node name, for example `emqx@pod-0.headless.ns.svc.cluster.local`. */
  name: string;
  /** The address that the node binds, 127.88.x.y. */
  address: string;
  /** The address that the pod's status shows, 10.88.x.y. */
  podAddress: string;
  cookie: string;
  role: NodeRole;
  clusterName: string;
  discovery: Discovery;
  hostsFile: string | undefined;
  dataDir: string;
  /** The folder that plays the container's `/`. */
  root?: string;
  sources: ConfigSources;
  config: ConfigObject;
  ports: { tcp: number | undefined; ws: number | undefined; dashboard: number; cluster: number };
  mqtt: MqttSettings;
  bootstrapFile: string | undefined;
  /** Present when the dashboard listens on HTTPS and not on HTTP. */
  dashboardTls?: TlsListener;
  dashboardUser: { username: string; password: string };
  licenseKey: string;
  faults: ReadonlySet<Fault>;
  /** How long moving one offline session takes at least, in milliseconds. */
  sessionMoveMs: number;
}

/** Where a dashboard speaks HTTPS, and what it shows for itself. */
export interface TlsListener {
  port: number;
  /** Paths on this machine. */
  certfile: string;
  keyfile: string;
}

export interface MqttSettings {
  /** Milliseconds, for MQTT 3 clients with clean_session=0. */
  sessionExpiryMs: number;
  maxPacketSize: number;
  maxInflight: number;
  maxQueue: number;
  /** Characters; 65535 without it. */
  maxClientIdLength?: number;
}

export type Discovery =
  | { strategy: "manual" | "singleton" }
  | { strategy: "static"; seeds: string[] }
  | {
      strategy: "dns";
      name: string;
      recordType: "a" | "srv";
      /** What the other nodes' names begin with; without it they are called as this one. */
      app?: string;
    };

/** Maps a path of the container to the folder that plays its root. */
export function containerPath(root: string, path: string): string {
  return path.startsWith("/") ? join(root, path) : join(root, "opt/emqx", path);
}

/** Reads a node's settings; throws with EMQX's own wording where it would refuse to boot. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const root = env.SANDBOX_ROOT ?? process.cwd();
  const image = env.SANDBOX_IMAGE ?? "emqx/emqx:6.1.0";
  const address = env.SANDBOX_ADDRESS ?? "127.0.0.1";
  const podAddress = env.SANDBOX_POD_IP ?? address.replace(/^127\.88\./, "10.88.");
  const envConfig = configFromEnv(env);
  const dataDir = containerPath(root, text(configAt(envConfig, "node.data_dir")) ?? "data");
  const sources: ConfigSources = {
    base: readConfigFile(containerPath(root, "etc/base.hocon")),
    cluster: readConfigFile(join(dataDir, "configs/cluster.hocon")),
    file: readConfigFile(containerPath(root, "etc/emqx.conf")),
    env: envConfig,
  };
  const config = effectiveConfig(sources);
  const version = versionOfImage(image);
  const dashboardTls = tlsListener(config, root);
  const bootstrap = text(configAt(config, "api_key.bootstrap_file"));
  return {
    version,
    name: nodeName(env, config, podAddress),
    address,
    podAddress,
    cookie: cookie(env, config),
    role: nodeRole(text(configAt(config, "node.role")) ?? "core", version),
    clusterName: text(configAt(config, "cluster.name")) ?? "emqxcl",
    discovery: discovery(config),
    hostsFile: env.SANDBOX_HOSTS,
    dataDir,
    sources,
    config,
    ports: {
      tcp: listenerPort(config, "listeners.tcp.default", 1883),
      ws: listenerPort(config, "listeners.ws.default", 8083),
      dashboard: dashboardTls?.port ?? dashboardPort(config, "http") ?? 18083,
      cluster: 4370,
    },
    mqtt: mqttSettings(config),
    bootstrapFile: bootstrap === undefined ? undefined : containerPath(root, bootstrap),
    dashboardTls,
    dashboardUser: {
      username: text(configAt(config, "dashboard.default_username")) ?? "admin",
      password: text(configAt(config, "dashboard.default_password")) ?? "public",
    },
    licenseKey: licenseSetting(config, root),
    root,
    faults: faultsFromEnv(env.SANDBOX_EMQX_FAULTS),
    sessionMoveMs: Number(env.SANDBOX_EMQX_SESSION_MOVE_MS ?? "1"),
  };
}

/** What a configuration says about MQTT, EMQX's defaults applied. */
export function mqttSettings(config: ConfigObject): MqttSettings {
  const at = (key: string): ConfigValue | undefined => configAt(config, `mqtt.${key}`);
  return {
    sessionExpiryMs: durationSetting(at("session_expiry_interval"), 7_200_000),
    maxPacketSize: sizeSetting(at("max_packet_size"), 1_048_576),
    maxInflight: number(at("max_inflight"), 32),
    maxQueue: at("max_mqueue_len") === "infinity" ? Infinity : number(at("max_mqueue_len"), 1000),
    maxClientIdLength: number(at("max_clientid_len"), 65_535),
  };
}

/** The licence key that a configuration names, or that the file holds that it names; `default` is the built-in one. */
export function licenseSetting(config: ConfigObject, root = "/"): string {
  const key = text(configAt(config, "license.key")) ?? "default";
  if (!key.startsWith("file://")) return key;
  try {
    return readFileSync(containerPath(root, key.slice("file://".length)), "utf8").trim();
  } catch (error) {
    return `unreadable: ${(error as Error).message}`;
  }
}

function text(value: ConfigValue | undefined): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function number(value: ConfigValue | undefined, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}

function port(value: ConfigValue | undefined, fallback: number): number {
  const match = /(\d+)$/.exec(text(value) ?? "");
  return match ? Number(match[1]) : fallback;
}

/** Undefined for a listener that is off. */
function dashboardPort(config: ConfigObject, scheme: string): number | undefined {
  const path = `dashboard.listeners.${scheme}`;
  const found = listenerPort(config, path, scheme === "http" ? 18083 : 0);
  return found === 0 ? undefined : found;
}

/** Only in place of HTTP: the sandbox plays one listener. */
function tlsListener(config: ConfigObject, root: string): TlsListener | undefined {
  const https = dashboardPort(config, "https");
  if (https === undefined || dashboardPort(config, "http") !== undefined) return undefined;
  const file = (key: string): string => {
    const path = text(configAt(config, `dashboard.listeners.https.ssl_options.${key}`));
    if (path === undefined) throw new Error(`dashboard.listeners.https.ssl_options has no ${key}`);
    return containerPath(root, path);
  };
  return { port: https, certfile: file("certfile"), keyfile: file("keyfile") };
}

function listenerPort(config: ConfigObject, path: string, fallback: number): number | undefined {
  const enabled = configAt(config, `${path}.enable`) ?? configAt(config, `${path}.enabled`);
  return enabled === false ? undefined : port(configAt(config, `${path}.bind`), fallback);
}

function unquote(value: string | undefined): string | undefined {
  return value?.replace(/^"(.*)"$/, "$1") || undefined;
}

function nodeRole(role: string, version: EmqxVersion): NodeRole {
  if (role === "core") return role;
  if (role !== "replicant") throw new Error(`Invalid node role: ${role}`);
  if (version.edition === "ce" && atLeast(version, 5, 8)) {
    throw new Error("Node role 'replicant' is only allowed in Enterprise edition since 5.8.0");
  }
  return role;
}

function nodeName(env: NodeJS.ProcessEnv, config: ConfigObject, podAddress: string): string {
  const given = unquote(env.EMQX_NODE_NAME) ?? text(configAt(config, "node.name"));
  const name =
    given ?? `${unquote(env.EMQX_NAME) ?? "emqx"}@${unquote(env.EMQX_HOST) ?? podAddress}`;
  if (!/^[0-9A-Za-z_-]+@[^@\s]+$/.test(name)) {
    throw new Error(`ERROR: Invalid node name: ${name}, expected <name>@<host>`);
  }
  return name;
}

function cookie(env: NodeJS.ProcessEnv, config: ConfigObject): string {
  const value =
    text(configAt(config, "node.cookie")) ?? unquote(env.EMQX_NODE_COOKIE) ?? "emqxsecretcookie";
  if (value.length > 255 || /[\\\s"']/.test(value)) {
    throw new Error("ERROR: node.cookie must be 1 to 255 bytes without backslash, quote or space");
  }
  return value;
}

function discovery(config: ConfigObject): Discovery {
  const strategy = text(configAt(config, "cluster.discovery_strategy")) ?? "manual";
  if (strategy === "dns") {
    const name = text(configAt(config, "cluster.dns.name")) ?? "localhost";
    const recordType = text(configAt(config, "cluster.dns.record_type")) ?? "a";
    return { strategy, name, recordType: recordType === "srv" ? "srv" : "a" };
  }
  if (strategy === "static") {
    const seeds = configAt(config, "cluster.static.seeds");
    const list = Array.isArray(seeds) ? seeds.map(String) : String(seeds ?? "").split(",");
    return { strategy, seeds: list.map((seed) => seed.trim()).filter((seed) => seed !== "") };
  }
  if (strategy === "manual" || strategy === "singleton") return { strategy };
  throw new Error(
    `ERROR: cluster.discovery_strategy "${strategy}" is not simulated, expected manual, static, dns or singleton`,
  );
}
