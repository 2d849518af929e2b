/** The pod of a node, core or replicant. */
import { scanConfig } from "../config-scan";
import { names, oneColour, SCHEME_ANNOTATION, secretKeys, commonLabels } from "../labels";
import { declaredPorts } from "../ports";
import { DEFAULT_GRACE_SECONDS, templateOf, type RolloutInputs } from "./inputs";
import { CONTAINER_SECURITY, POD_SECURITY, spread } from "./pod-defaults";
import { API_KEY_PATH, podEnv } from "./pod-env";
import { livenessProbe, readinessProbe } from "./probes";
import type { Role, Site } from "./types";

type Json = Record<string, unknown>;

const HOME = "/opt/emqx";

/** The operator's label; PodMonitors that people have select by it (document 002). */
const OPERATOR_LABEL = "apps.emqx.io/instance";

/** Names of container ports that people know; Kubernetes allows 15 characters. */
const PORT_NAMES: Record<string, string> = {
  "tcp-default": "mqtt",
  "ssl-default": "mqttssl",
  "ws-default": "ws",
  "wss-default": "wss",
};

/** Name of the data volume; claims are called `<volume>-<pod>`. */
export const dataVolume = (cluster: string, role: Role) => `${cluster}-${role}-data`;
const logVolume = (cluster: string, role: Role) => `${cluster}-${role}-log`;

/** `spec.template` of a revision's StatefulSet or Deployment. */
export function podTemplate(
  inputs: RolloutInputs,
  site: Site,
  { role, revision }: { role: Role; revision: string },
): Json {
  const { metadata, spec = {} } = templateOf(inputs, role);
  const colour = oneColour(site.name, revision, role);
  const ours = { ...commonLabels(site.name), [OPERATOR_LABEL]: site.name, ...colour };
  return {
    metadata: {
      labels: { ...metadata?.labels, ...ours },
      annotations: site.dashboardHttps
        ? { ...metadata?.annotations, [SCHEME_ANNOTATION]: "https" }
        : metadata?.annotations,
    },
    spec: {
      serviceAccountName: inputs.serviceAccountName ?? names.serviceAccount(site.name),
      imagePullSecrets: inputs.imagePullSecrets,
      nodeSelector: spec.nodeSelector,
      nodeName: spec.nodeName,
      affinity: spec.affinity,
      tolerations: spec.tolerations ?? spec.toleRations,
      topologySpreadConstraints: spec.topologySpreadConstraints ?? spread(spec.affinity, colour),
      terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
      securityContext: spec.podSecurityContext ?? POD_SECURITY,
      initContainers: spec.initContainers,
      containers: [container(inputs, site, role), ...((spec.extraContainers ?? []) as Json[])],
      volumes: volumes(inputs, site, role, revision),
    },
  };
}

function container(inputs: RolloutInputs, site: Site, role: Role): Json {
  const { spec = {} } = templateOf(inputs, role);
  return {
    name: "emqx",
    image: inputs.image,
    imagePullPolicy: inputs.imagePullPolicy,
    command: spec.command,
    args: spec.args,
    ports: [...ports(inputs, site, role), ...((spec.ports ?? []) as Json[])],
    env: podEnv(inputs, site, role),
    envFrom: spec.envFrom,
    resources: spec.resources,
    securityContext: spec.containerSecurityContext ?? CONTAINER_SECURITY,
    readinessProbe: spec.readinessProbe ?? readinessProbe(inputs.image, site),
    livenessProbe: spec.livenessProbe ?? livenessProbe(site),
    startupProbe: spec.startupProbe,
    lifecycle: spec.lifecycle,
    volumeMounts: [
      { name: dataVolume(site.name, role), mountPath: `${HOME}/data` },
      { name: logVolume(site.name, role), mountPath: `${HOME}/log` },
      {
        name: "bootstrap-config",
        mountPath: `${HOME}/etc/emqx.conf`,
        subPath: "emqx.conf",
        readOnly: true,
      },
      {
        name: "bootstrap-api-key",
        mountPath: API_KEY_PATH,
        subPath: secretKeys.apiKey,
        readOnly: true,
      },
      ...((spec.extraVolumeMounts ?? []) as Json[]),
    ],
  };
}

function ports(inputs: RolloutInputs, site: Site, role: Role): Json[] {
  const { spec = {} } = templateOf(inputs, role);
  const { listeners, dashboardHttps } = declaredPorts(
    scanConfig({ config: inputs.config, env: spec.env }),
  );
  const fixed = [
    { name: "dashboard", containerPort: site.dashboardPort, protocol: "TCP" },
    { name: "ekka", containerPort: 4370, protocol: "TCP" },
    { name: "genrpc", containerPort: 5369, protocol: "TCP" },
  ];
  const declared = listeners.map(({ name, port, protocol }) => ({
    name: PORT_NAMES[name],
    containerPort: port,
    protocol,
  }));
  const isOther = dashboardHttps !== undefined && dashboardHttps !== site.dashboardPort;
  const https = isOther ? [{ containerPort: dashboardHttps, protocol: "TCP" }] : [];
  const own = new Set(
    ((spec.ports ?? []) as Json[]).map((port) => `${port.containerPort}${port.protocol ?? "TCP"}`),
  );
  return [...declared, ...https, ...fixed].filter(
    ({ containerPort, protocol }) => !own.has(`${containerPort}${protocol}`),
  );
}

function volumes(inputs: RolloutInputs, site: Site, role: Role, revision: string): Json[] {
  const { spec = {} } = templateOf(inputs, role);
  const data = { name: dataVolume(site.name, role), emptyDir: {} };
  const claimed = role === "core" && spec.volumeClaimTemplates != null;
  return [
    { name: "bootstrap-api-key", secret: { secretName: names.apiKeySecret(site.name) } },
    { name: "bootstrap-config", configMap: { name: names.config(site.name, revision) } },
    { name: logVolume(site.name, role), emptyDir: {} },
    ...(claimed ? [] : [data]),
    ...((spec.extraVolumes ?? []) as Json[]),
  ];
}
