/** Rules of the pod templates. */
import {
  all,
  flag,
  fragment,
  integer,
  intOrPercent,
  isObject,
  list,
  object,
  record,
  refused,
  text,
  type Rule,
} from "./shape";

const anything: Rule = () => undefined;
const anyText = text("a string", /^[^]*$/);

const OURS = new Set([
  "app.kubernetes.io/name",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/component",
  "app.kubernetes.io/managed-by",
  "emqx.io/revision",
]);

const podLabels = all(record(anyText), (value, path, problems) => {
  for (const key of isObject(value) ? Object.keys(value) : []) {
    if (!OURS.has(key)) continue;
    const reason = `\`${path}\` cannot contain \`${key}\`: the colours are told apart by it.`;
    problems.push({ property: path, reason });
  }
});

const metadata = object({ labels: podLabels, annotations: record(anyText) });

const fields: Record<string, Rule> = {
  minAvailable: intOrPercent,
  maxUnavailable: intOrPercent,
  nodeSelector: record(text()),
  nodeName: text(),
  affinity: fragment,
  tolerations: list(fragment),
  toleRations: list(fragment),
  topologySpreadConstraints: list(fragment),
  command: list(anyText),
  args: list(anyText),
  ports: list(fragment),
  env: list(object({ name: text(), value: anything, valueFrom: fragment }, ["name"])),
  envFrom: list(fragment),
  resources: fragment,
  podSecurityContext: fragment,
  containerSecurityContext: fragment,
  initContainers: list(fragment),
  extraContainers: list(fragment),
  extraVolumes: list(fragment),
  extraVolumeMounts: list(fragment),
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
    if (value[one] === undefined || value[other] === undefined) continue;
    const reason = `Expected only one of \`${one}\` and \`${other}\` in \`${path}\`, got both.`;
    problems.push({ property: `${path}.${other}`, reason });
  }
};

export const coreTemplate = object({
  metadata,
  spec: all(
    object({ replicas: integer(1, 1000), ...fields, volumeClaimTemplates: fragment }),
    oneOfEach,
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
  ),
  ignoreReplicas: flag,
});
