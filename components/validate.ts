/** The arguments of `EmqxCluster`, judged offline: all problems at once, unknown values skipped. */
import { scanConfig } from "./config-scan";
import { bracketProblem } from "./hocon-brackets";
import { declaredPorts } from "./ports";
import {
  all,
  flag,
  fragment,
  integer,
  intOrPercent,
  isObject,
  list,
  object,
  oneOf,
  record,
  refused,
  text,
  type Problem,
  type Rule,
} from "./shape";
import { hasUnknown } from "./unknown";

/** Longest name for which `<name>-core-<revision>-<hash>` still fits into a label. */
const MAX_NAME = 38;
/** Kubernetes refuses a ConfigMap above 1 MiB. */
const MAX_CONFIG = 1_000_000;

const anything: Rule = () => undefined;
const seconds = integer(0);
const rate = integer(1);

const label = text(
  `a lower-case DNS label that starts with a letter and has at most ${MAX_NAME} characters`,
  new RegExp(`^[a-z]([-a-z0-9]{0,${MAX_NAME - 2}}[a-z0-9])?$`),
);
const namespace = text(
  "a lower-case DNS label of at most 63 characters",
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
);

const secretKey = object({ secretName: text(), secretKey: text() }, ["secretName", "secretKey"]);

const bootstrapApiKey = all(
  object({
    key: text("letters, digits, `-` or `_`", /^[A-Za-z\d_-]+$/),
    secret: text("3 to 128 characters without colon and line break", /^[^:\r\n]{3,128}$/, {
      secret: true,
    }),
    secretRef: object({ key: secretKey, secret: secretKey }, ["key", "secret"]),
  }),
  (value, path, problems) => {
    if (!isObject(value)) return;
    const inline = value.key !== undefined && value.secret !== undefined;
    if (inline === (value.secretRef === undefined)) return;
    const reason = `Expected \`${path}\` to have either \`key\` and \`secret\` or \`secretRef\`.`;
    problems.push({ property: path, reason });
  },
);

const OURS = new Set([
  "app.kubernetes.io/name",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/component",
  "app.kubernetes.io/managed-by",
  "emqx.io/revision",
]);

const podLabels = all(record(text("a string", /^[^]*$/)), (value, path, problems) => {
  for (const key of isObject(value) ? Object.keys(value) : []) {
    if (!OURS.has(key)) continue;
    const reason = `\`${path}\` cannot contain \`${key}\`: the colours are told apart by it.`;
    problems.push({ property: path, reason });
  }
});

const coreSpec = all(
  object({
    replicas: integer(1, 1000),
    minAvailable: intOrPercent,
    maxUnavailable: intOrPercent,
    nodeSelector: record(text()),
    nodeName: text(),
    affinity: fragment,
    tolerations: list(fragment),
    toleRations: list(fragment),
    topologySpreadConstraints: list(fragment),
    command: list(text("a string", /^[^]*$/)),
    args: list(text("a string", /^[^]*$/)),
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
    volumeClaimTemplates: fragment,
  }),
  (value, path, problems) => {
    if (!isObject(value)) return;
    for (const [one, other] of [
      ["minAvailable", "maxUnavailable"],
      ["tolerations", "toleRations"],
    ] as const) {
      if (value[one] === undefined || value[other] === undefined) continue;
      const reason = `Expected only one of \`${one}\` and \`${other}\` in \`${path}\`, got both.`;
      problems.push({ property: `${path}.${other}`, reason });
    }
  },
);

const serviceTemplate = (enabled: Rule): Rule =>
  object({
    enabled,
    metadata: object({ labels: fragment, annotations: fragment }),
    spec: all(fragment, (value, path, problems) => {
      if (isObject(value)) {
        refused("the rollout points the Service at the colour that serves.")(
          value.selector,
          `${path}.selector`,
          problems,
        );
      }
    }),
  });

/** The switch from one colour to the other is a change of this Service, and proven by its endpoints. */
const alwaysOn: Rule = (value, path, problems) => {
  flag(value, path, problems);
  if (value !== false) return;
  const reason = `\`${path}\` cannot be false: an upgrade moves the clients by this Service.`;
  problems.push({ property: path, reason });
};

const clusterArgs = object(
  {
    name: label,
    namespace,
    image: text("an image reference without white space", /^\S+$/),
    imagePullPolicy: oneOf("Always", "IfNotPresent", "Never"),
    imagePullSecrets: list(object({ name: text() }, ["name"])),
    serviceAccountName: text(),
    bootstrapAPIKeys: list(bootstrapApiKey),
    config: object({
      mode: oneOf("Merge", "Replace"),
      data: text("a string", /^[^]*$/),
      roots: fragment,
    }),
    clusterDomain: text("a DNS domain", /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/),
    revisionHistoryLimit: integer(0),
    updateStrategy: object({
      type: oneOf("Recreate"),
      initialDelaySeconds: seconds,
      evacuationStrategy: object({
        connEvictRate: rate,
        sessEvictRate: rate,
        waitTakeover: seconds,
        waitHealthCheck: seconds,
      }),
      progressDeadlineSeconds: integer(1),
      drainDeadlineSeconds: integer(1),
      onFailure: oneOf("abort", "hold"),
      gate: oneOf("none", "manual"),
    }),
    coreTemplate: object({
      metadata: object({ labels: podLabels, annotations: record(text("a string", /^[^]*$/)) }),
      spec: coreSpec,
    }),
    replicantTemplate: refused(
      "this version runs core nodes only. Remove it and raise `coreTemplate.spec.replicas` instead.",
    ),
    monitoring: refused("this version creates no monitoring objects. Remove it."),
    dashboardServiceTemplate: serviceTemplate(flag),
    listenersServiceTemplate: serviceTemplate(alwaysOn),
    license: text("a licence key without white space", /^\S+$/, { secret: true }),
    persistentVolumeClaimRetentionPolicy: object({
      whenDeleted: oneOf("Delete", "Retain"),
      whenScaled: oneOf("Delete", "Retain"),
    }),
    kubeconfig: text("a kubeconfig or its path", /^[^]+$/, { secret: true }),
    context: text(),
  },
  ["image"],
);

/** Every problem of the arguments of `EmqxCluster`; empty when they are right. */
export function validateCluster(args: unknown): Problem[] {
  const problems: Problem[] = [];
  clusterArgs(args, "", problems);
  if (problems.length === 0 && isObject(args)) problems.push(...configProblems(args));
  return problems;
}

/** The probes and the rollout talk to EMQX's HTTP API, so it must listen. */
function configProblems(args: Record<string, unknown>): Problem[] {
  const config = isObject(args.config) ? args.config : {};
  const spec = isObject(args.coreTemplate) ? args.coreTemplate.spec : undefined;
  const env = isObject(spec) ? spec.env : undefined;
  const size = typeof config.data === "string" ? Buffer.byteLength(config.data) : 0;
  if (size > MAX_CONFIG) {
    const reason = `Expected \`config.data\` to have at most ${MAX_CONFIG} bytes, got ${size}.`;
    return [{ property: "config.data", reason }];
  }
  const bracket = typeof config.data === "string" ? bracketProblem(config.data) : undefined;
  if (bracket !== undefined) {
    const reason = `Expected every bracket of \`config.data\` to have its partner, got ${bracket}.`;
    return [{ property: "config.data", reason }];
  }
  if (hasUnknown(config) || hasUnknown(env)) return [];
  if (declaredPorts(scanConfig({ config, env })).dashboard !== undefined) return [];
  const reason =
    "Expected `dashboard.listeners.http` to listen on a port: probes and evacuation use it, got a " +
    "configuration that disables it. Keep it enabled and close it to others by a NetworkPolicy.";
  return [{ property: "config", reason }];
}
