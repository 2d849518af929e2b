/** Rules of the pod templates. */
import { annotations, anyText, containerPorts, dnsName, env, labels } from "./kubernetes-rules";
import { containers, podClashes, volumeMounts, volumes } from "./pod-rules";
import {
  all,
  flag,
  fragment,
  integer,
  intOrPercent,
  isObject,
  list,
  object,
  refused,
  secret,
  type Rule,
} from "./shape";

const OURS = new Set([
  "app.kubernetes.io/name",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/component",
  "app.kubernetes.io/managed-by",
  "emqx.io/revision",
]);

const podLabels = all(labels, (value, path, problems) => {
  for (const key of isObject(value) ? Object.keys(value) : []) {
    if (!OURS.has(key)) continue;
    const reason = `\`${path}\` cannot contain \`${key}\`: the colours are told apart by it.`;
    problems.push({ property: path, reason });
  }
});

const metadata = object({ labels: podLabels, annotations });

const fields: Record<string, Rule> = {
  minAvailable: intOrPercent,
  maxUnavailable: intOrPercent,
  nodeSelector: labels,
  nodeName: dnsName,
  affinity: fragment,
  tolerations: list(fragment),
  toleRations: list(fragment),
  topologySpreadConstraints: list(fragment),
  command: secret(list(anyText)),
  args: secret(list(anyText)),
  ports: containerPorts,
  env,
  envFrom: list(fragment),
  resources: fragment,
  podSecurityContext: fragment,
  containerSecurityContext: fragment,
  initContainers: containers,
  extraContainers: containers,
  extraVolumes: volumes,
  extraVolumeMounts: volumeMounts,
  livenessProbe: fragment,
  readinessProbe: fragment,
  startupProbe: fragment,
  lifecycle: fragment,
  terminationGracePeriodSeconds: integer(1, 86_400),
};

const oneOfEach: Rule = (value, path, problems) => {
  if (!isObject(value)) return;
  for (const [one, other] of [
    ["minAvailable", "maxUnavailable"],
    ["tolerations", "toleRations"],
  ] as const) {
    if (value[one] == null || value[other] == null) continue;
    const reason = `Expected only one of \`${one}\` and \`${other}\` in \`${path}\`, got both.`;
    problems.push({ property: `${path}.${other}`, reason });
  }
};

/** Names of `rollout/pod.ts`. */
const clashes = podClashes(
  {
    container: "emqx",
    volumes: ["bootstrap-api-key", "bootstrap-config"],
    mountPaths: [
      "/opt/emqx/data",
      "/opt/emqx/log",
      "/opt/emqx/etc/emqx.conf",
      "/opt/emqx/data/bootstrap_api_key",
    ],
  },
  {
    containers: ["extraContainers", "initContainers"],
    volumes: "extraVolumes",
    mounts: "extraVolumeMounts",
  },
);

export const coreTemplate = object({
  metadata,
  spec: all(
    object({ replicas: integer(1, 1000), ...fields, volumeClaimTemplates: fragment }),
    oneOfEach,
    clashes,
  ),
});

export const replicantTemplate = object({
  metadata,
  spec: all(
    object({
      replicas: integer(0, 1000),
      ...fields,
      volumeClaimTemplates: refused(
        "a replicant keeps nothing on disk. Give `coreTemplate.spec.volumeClaimTemplates` instead.",
      ),
    }),
    oneOfEach,
    clashes,
  ),
  ignoreReplicas: flag,
});
