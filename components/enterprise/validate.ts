/** The arguments of `EmqxEnterprise`, judged offline: all problems at once, unknown values skipped. */
import {
  all,
  flag,
  fragment,
  integer,
  isObject,
  list,
  object,
  oneOf,
  record,
  refused,
  share,
  text,
  type Problem,
  type Rule,
} from "../shape";
import { UNKNOWN } from "../unknown";
import { validateCluster } from "../validate";
import { emqxConfigRule } from "./validate-config";

const seconds = integer(0);
const rate = integer(1);
const anyText = text("a string", /^[^]*$/);
const anything: Rule = () => undefined;

const license: Rule = all(
  object({ data: anyText, stringData: anyText, secretName: text() }),
  (value, path, problems) => {
    if (!isObject(value)) return;
    const given = ["data", "stringData", "secretName"].filter((key) => value[key] !== undefined);
    if (given.length === 1) return;
    const got = given.length === 0 ? "none" : given.join(" and ");
    const reason = `Expected \`${path}\` to have exactly one of \`data\`, \`stringData\` and \`secretName\`, got ${got}.`;
    problems.push({ property: path, reason });
  },
);

const image = object(
  {
    registry: text("a registry without white space", /^\S+$/),
    repository: text("an image repository without tag and white space", /^[^\s:]+$/),
    version: text(
      "a version of EMQX 4.4 from 4.4.12 on, such as `4.4.14` (use EmqxCluster for EMQX 5 and later)",
      /^4\.4\.(1[2-9]|[2-9]\d)([-.+][\w.+-]*)?$/,
    ),
    prefix: text("a part of a tag", /^[\w.-]*$/),
    suffix: text("a part of a tag", /^[\w.-]*$/),
    pullPolicy: oneOf("Always", "IfNotPresent", "Never"),
  },
  ["version"],
);

/** Fields of `emqxContainer`, exported for the table of docs/operator.md. */
export const containerFields: Record<string, Rule> = {
  name: text("a lower-case DNS label", /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  image,
  emqxConfig: emqxConfigRule,
  emqxACL: list(text("a line of acl.conf", /^[^\r\n]*$/)),
  bootstrapAPIKeys: list(
    object(
      {
        key: text("letters, digits, `-` or `_`", /^[A-Za-z\d_-]+$/),
        secret: text("3 to 128 characters without colon and line break", /^[^:\r\n]{3,128}$/, {
          secret: true,
        }),
      },
      ["key", "secret"],
    ),
  ),
  command: list(anyText),
  args: list(anyText),
  workingDir: text(),
  ports: list(fragment),
  env: list(object({ name: text(), value: anything, valueFrom: fragment }, ["name"])),
  envFrom: list(fragment),
  resources: fragment,
  volumeMounts: list(fragment),
  volumeDevices: list(fragment),
  livenessProbe: fragment,
  readinessProbe: fragment,
  startupProbe: fragment,
  lifecycle: fragment,
  terminationMessagePath: text(),
  terminationMessagePolicy: oneOf("File", "FallbackToLogsOnError"),
  securityContext: fragment,
  stdin: flag,
  stdinOnce: flag,
  tty: flag,
};

const podLabels: Rule = all(record(anyText), (value, path, problems) => {
  for (const key of isObject(value) ? Object.keys(value) : []) {
    if (!/^(app\.kubernetes\.io\/(name|instance|component|managed-by)|emqx\.io\/.*)$/.test(key)) {
      continue;
    }
    const reason = `\`${path}\` cannot contain \`${key}\`: the colours are told apart by it.`;
    problems.push({ property: path, reason });
  }
});

/** Fields of `template.spec`. */
export const templateFields: Record<string, Rule> = {
  emqxContainer: object(containerFields, ["image"]),
  serviceAccountName: text(),
  reloaderImage: text(),
  imagePullSecrets: list(object({ name: text() }, ["name"])),
  initContainers: list(fragment),
  extraContainers: list(fragment),
  ephemeralContainers: refused(
    "Kubernetes allows none in the template of a pod. Use `kubectl debug` on the running pod.",
  ),
  volumes: list(fragment),
  podSecurityContext: fragment,
  nodeSelector: record(text()),
  nodeName: text(),
  affinity: fragment,
  tolerations: list(fragment),
};

const serviceTemplate = object({
  metadata: object({
    name: text("a lower-case DNS label", /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/),
    labels: record(anyText),
    annotations: record(anyText),
  }),
  spec: all(fragment, (value, path, problems) => {
    if (!isObject(value)) return;
    refused("the rollout points the Service at the colour that serves.")(
      value.selector,
      `${path}.selector`,
      problems,
    );
  }),
});

/** The operator's fields of `spec`. */
export const specFields: Record<string, Rule> = {
  replicas: integer(1, 1000),
  clusterDomain: text("a DNS domain", /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/),
  license,
  persistent: object(
    {
      metadata: object({
        name: text(),
        labels: record(anyText),
        annotations: record(anyText),
      }),
      spec: fragment,
    },
    ["spec"],
  ),
  blueGreenUpdate: object({
    initialDelaySeconds: seconds,
    evacuationStrategy: object({ waitTakeover: seconds, connEvictRate: rate, sessEvictRate: rate }),
  }),
  template: object(
    {
      metadata: object({ labels: podLabels, annotations: record(anyText) }),
      spec: object(templateFields, ["emqxContainer"]),
    },
    ["spec"],
  ),
  serviceTemplate,
};

/** Ours on top; those shared with `EmqxCluster` are judged by its rules. */
const OURS = [
  "name",
  "namespace",
  "updateStrategy",
  "persistentVolumeClaimRetentionPolicy",
  "monitoring",
  "kubeconfig",
  "context",
] as const;

const ours: Rule = (value, path, problems) => {
  if (value === undefined || value === null || value === UNKNOWN) return;
  problems.push(...validateCluster({ image: UNKNOWN, [path]: value }));
};

const extras = object({
  progressDeadlineSeconds: integer(1),
  drainDeadlineSeconds: integer(1),
  onFailure: oneOf("abort", "hold"),
  returnShare: share,
  gate: oneOf("none", "manual"),
});

const enterpriseArgs = object(
  {
    ...specFields,
    ...Object.fromEntries(OURS.map((key) => [key, key === "updateStrategy" ? extras : ours])),
  },
  ["template"],
);

/** Every problem of the arguments, `name` included. */
export function validateEnterprise(args: unknown): Problem[] {
  const problems: Problem[] = [];
  enterpriseArgs(args, "", problems);
  return problems;
}
