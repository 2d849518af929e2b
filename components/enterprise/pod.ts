/** The pod of an EMQX 4.4 node. */
import { commonLabels, names, oneColour, ROLLING, TEMPLATE_ANNOTATION } from "../labels";
import { CONTAINER_SECURITY, POD_SECURITY, spread } from "../rollout/pod-defaults";
import { DEFAULT_GRACE_SECONDS, type RolloutInputs } from "../rollout/inputs";
import type { Site } from "../rollout/types";
import { omit } from "./omit";
import { ACL_FOLDER, BOOTSTRAP_PATH, enterpriseEnv, LICENSE_FOLDER } from "./pod-env";
import { containerPorts } from "./pod-ports";
import { containerOf } from "./settings";
import { BOOTSTRAP_FILE, LICENSE_FILE } from "./site";

type Json = Record<string, unknown>;

const HOME = "/opt/emqx";

/** Name of the data volume; claims are called `<volume>-<pod>`. */
export const dataVolume = (inputs: RolloutInputs): string =>
  inputs.enterprise?.persistent?.metadata?.name ?? `${inputs.name}-data`;

/** `spec.template` of a StatefulSet; `hash` marks the pods of a set that Kubernetes renews in place. */
export function enterprisePod(
  inputs: RolloutInputs,
  site: Site,
  revision: string,
  hash: string,
): Json {
  const { metadata, spec = {} } = inputs.enterprise?.template ?? {};
  const colour = oneColour(site.name, revision);
  const mark = revision === ROLLING ? { [TEMPLATE_ANNOTATION]: hash } : undefined;
  return {
    metadata: {
      labels: {
        ...metadata?.labels,
        "apps.emqx.io/instance": site.name,
        ...commonLabels(site.name),
        ...colour,
      },
      annotations: mark ? { ...metadata?.annotations, ...mark } : metadata?.annotations,
    },
    spec: {
      serviceAccountName: spec.serviceAccountName ?? names.serviceAccount(site.name),
      imagePullSecrets: spec.imagePullSecrets,
      nodeSelector: spec.nodeSelector,
      nodeName: spec.nodeName,
      affinity: spec.affinity,
      tolerations: spec.tolerations,
      topologySpreadConstraints: spread(spec.affinity, colour),
      terminationGracePeriodSeconds: DEFAULT_GRACE_SECONDS,
      securityContext: spec.podSecurityContext ?? POD_SECURITY,
      initContainers: spec.initContainers,
      containers: [container(inputs, site), ...((spec.extraContainers ?? []) as Json[])],
      volumes: volumes(inputs, site, revision),
    },
  };
}

function container(inputs: RolloutInputs, site: Site): Json {
  const { name, image, volumeMounts, ...given } = containerOf(inputs.enterprise ?? {});
  const status = { path: "/status", port: site.dashboardPort };
  return {
    securityContext: CONTAINER_SECURITY,
    readinessProbe: { httpGet: status, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 1 },
    livenessProbe: {
      httpGet: status,
      initialDelaySeconds: 60,
      periodSeconds: 30,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    // The rest are fields of a Kubernetes container.
    ...omit(given, "emqxConfig", "emqxACL", "bootstrapAPIKeys"),
    name: name ?? "emqx",
    image: inputs.image,
    imagePullPolicy: image?.pullPolicy ?? "IfNotPresent",
    ports: containerPorts(inputs.enterprise ?? {}),
    env: enterpriseEnv(inputs, site),
    volumeMounts: [...mounts(inputs), ...((volumeMounts ?? []) as Json[])],
  };
}

function mounts(inputs: RolloutInputs): Json[] {
  const bootstrap = { mountPath: BOOTSTRAP_PATH, subPath: BOOTSTRAP_FILE, readOnly: true };
  const license = { name: "license", mountPath: LICENSE_FOLDER, readOnly: true };
  return [
    { name: dataVolume(inputs), mountPath: `${HOME}/data` },
    { name: `${inputs.name}-log`, mountPath: `${HOME}/log` },
    { name: "acl", mountPath: ACL_FOLDER, readOnly: true },
    { name: "bootstrap-user", ...bootstrap },
    ...(inputs.enterprise?.license ? [license] : []),
  ];
}

function volumes(inputs: RolloutInputs, site: Site, revision: string): Json[] {
  const { license, persistent, template } = inputs.enterprise ?? {};
  const secretName = license?.secretName ?? names.licenseSecret(site.name);
  const items = [{ key: license?.key ?? LICENSE_FILE, path: LICENSE_FILE }];
  return [
    { name: "bootstrap-user", secret: { secretName: site.apiKeySecret.name } },
    { name: "acl", configMap: { name: names.config(site.name, revision) } },
    { name: `${inputs.name}-log`, emptyDir: {} },
    ...(license ? [{ name: "license", secret: { secretName, items } }] : []),
    ...(persistent ? [] : [{ name: dataVolume(inputs), emptyDir: {} }]),
    ...((template?.spec?.volumes ?? []) as Json[]),
  ];
}
