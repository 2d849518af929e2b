import { faultsFromEnv } from "../settings/faults";
import type { ConfigObject } from "../settings/hocon";
import type { Discovery, MqttSettings, Settings } from "../settings/settings";
import { containerPath } from "../settings/settings";
import { durationSetting, parseDuration, sizeSetting } from "../settings/units";
import { integerOf, invalid, listenerPortOf, textOf, v4ConfigFromEnv } from "./env";
import type { V4Config } from "./env";
import { v4VersionOfImage } from "./image";
import { noticesOf } from "./notices";

/** What a 4.4 node reads from its env besides what 5.x has too. */
export interface V4Settings extends Settings {
  /** The management API's own port; undefined when it is switched off. */
  managementPort: number | undefined;
  /** The application that EMQX comes with. */
  defaultApp: { id: string; secret: string };
  license: { path: string; required: boolean };
  /** Milliseconds after which the cluster forgets a node that stopped; undefined: never. */
  autocleanMs: number | undefined;
  /** What the node logs about its settings when it boots. */
  notices: string[];
}

/** Reads a 4.4 node's settings; undefined when the image is another one. */
export function readV4Settings(env: NodeJS.ProcessEnv): V4Settings | undefined {
  const version = v4VersionOfImage(env.SANDBOX_IMAGE ?? "");
  if (!version) return undefined;
  const root = env.SANDBOX_ROOT ?? process.cwd();
  const config = v4ConfigFromEnv(env);
  const address = env.SANDBOX_ADDRESS ?? "127.0.0.1";
  const podAddress = env.SANDBOX_POD_IP ?? address.replace(/^127\.88\./, "10.88.");
  const bootstrap = textOf(config, "management.bootstrap_apps_file");
  const license = textOf(config, "license.file");
  const mqtt = mqttSettings(config);
  return {
    version,
    name: nodeName(env, config, podAddress),
    address,
    podAddress,
    cookie: cookie(config),
    role: "core",
    // 4.4 and 5.x can't form a cluster; nodes compare this name before they join each other.
    clusterName: `${textOf(config, "cluster.name") ?? "emqxcl"} of EMQX 4.4`,
    discovery: discovery(config),
    hostsFile: env.SANDBOX_HOSTS,
    dataDir: containerPath(root, textOf(config, "node.data_dir") ?? "data"),
    sources: { base: {}, cluster: {}, file: {}, env: mqttConfig(mqtt) },
    config: mqttConfig(mqtt),
    ports: {
      tcp: listenerPortOf(config, "listener.tcp.external", 1883),
      ws: listenerPortOf(config, "listener.ws.external", 8083),
      dashboard: listenerPortOf(config, "dashboard.listener.http", 18083) ?? 18083,
      cluster: 4370,
    },
    mqtt,
    bootstrapFile: bootstrap === undefined ? undefined : containerPath(root, bootstrap),
    dashboardUser: {
      username: textOf(config, "dashboard.default_user.login") ?? "admin",
      password: textOf(config, "dashboard.default_user.password") ?? "public",
    },
    licenseKey: "",
    faults: faultsFromEnv(env.SANDBOX_EMQX_FAULTS),
    sessionMoveMs: Number(env.SANDBOX_EMQX_SESSION_MOVE_MS ?? "1"),
    managementPort: listenerPortOf(config, "management.listener.http", 8081),
    defaultApp: {
      id: textOf(config, "management.default_application.id") ?? "admin",
      secret: textOf(config, "management.default_application.secret") ?? "public",
    },
    license: {
      path: containerPath(root, license ?? "etc/emqx.lic"),
      required: license !== undefined,
    },
    autocleanMs: autoclean(config),
    notices: noticesOf(config, root),
  };
}

function mqttSettings(config: V4Config): MqttSettings {
  const expiry = textOf(config, "zone.external.session_expiry_interval");
  return {
    sessionExpiryMs: durationSetting(expiry, 7_200_000),
    maxPacketSize: sizeSetting(textOf(config, "mqtt.max_packet_size"), 1_048_576),
    maxInflight: integerOf(config, "zone.external.max_inflight", 32),
    maxQueue: integerOf(config, "zone.external.max_mqueue_len", 1000),
  };
}

/** The same in the words of 5.x, which the rest of the simulated node reads. */
function mqttConfig(mqtt: MqttSettings): ConfigObject {
  return {
    mqtt: {
      session_expiry_interval: mqtt.sessionExpiryMs,
      max_packet_size: mqtt.maxPacketSize,
      max_inflight: mqtt.maxInflight,
      max_mqueue_len: mqtt.maxQueue,
    },
  };
}

function nodeName(env: NodeJS.ProcessEnv, config: V4Config, podAddress: string): string {
  const parts = `${env.EMQX_NAME || "emqx"}@${env.EMQX_HOST || podAddress}`;
  const name = env.EMQX_NODE_NAME || textOf(config, "node.name") || parts;
  if (!/^[0-9A-Za-z_-]+@[^@\s]+$/.test(name)) {
    throw new Error(`ERROR: Invalid node name: ${name}, expected <name>@<host>`);
  }
  return name;
}

function cookie(config: V4Config): string {
  const value = textOf(config, "node.cookie") ?? "emqxsecretcookie";
  if (value.length > 255 || /\s/.test(value)) {
    throw invalid("node.cookie", "1 to 255 characters without space", "another text");
  }
  return value;
}

function discovery(config: V4Config): Discovery {
  const strategy = textOf(config, "cluster.discovery") ?? "manual";
  if (strategy === "manual") return { strategy };
  if (strategy === "static") {
    const seeds = (textOf(config, "cluster.static.seeds") ?? "").split(",");
    return { strategy, seeds: seeds.map((seed) => seed.trim()).filter((seed) => seed !== "") };
  }
  if (strategy === "dns") {
    return {
      strategy,
      name: textOf(config, "cluster.dns.name") ?? "localhost",
      recordType: textOf(config, "cluster.dns.type") === "srv" ? "srv" : "a",
      // ekka takes the first part of the others' names from here alone, not from its own name.
      app: textOf(config, "cluster.dns.app") ?? "undefined",
    };
  }
  throw invalid("cluster.discovery", "manual, static or dns (others aren't simulated)", strategy);
}

function autoclean(config: V4Config): number | undefined {
  const text = textOf(config, "cluster.autoclean") ?? "5m";
  if (text === "off") return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw invalid("cluster.autoclean", "a duration or off", text);
  return milliseconds;
}
