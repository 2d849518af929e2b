/** The arguments of `EmqxEnterprise`, judged offline: all problems at once, unknown values skipped. */
import { judged } from "../judged";
import {
  annotations,
  anyText,
  containerPorts,
  dnsLabel,
  dnsName,
  env,
  labels,
  servicePorts,
  serviceType,
} from "../kubernetes-rules";
import { names } from "../labels";
import { nodeNameProblem } from "../node-name";
import { containers, podClashes, volumeMounts, volumes } from "../pod-rules";
import {
  all,
  flag,
  fragment,
  fragmentOf,
  integer,
  isObject,
  list,
  object,
  oneOf,
  open,
  refused,
  secret,
  share,
  text,
  type Problem,
  type Rule,
} from "../shape";
import { UNKNOWN } from "../unknown";
import { apiKeyName, apiKeySecret, clusterDomain, uniqueKeys, validateCluster } from "../validate";
import { emqxConfigRule } from "./validate-config";

const BASE64 = /^[A-Za-z0-9+/\s]{1,500000}={0,2}\s*$/;

const seconds = integer(0);
const rate = integer(1);

/** A file; a Secret holds at most 1 MiB. */
export const licenseText = text("a licence file of at most 500,000 characters", /^[^]{1,500000}$/, {
  secret: true,
});

const license: Rule = all(
  secret(
    object({
      data: text("a licence file in base64, of at most 500,000 characters", BASE64, {
        secret: true,
      }),
      stringData: licenseText,
      secretName: open(dnsName),
    }),
  ),
  (value, path, problems) => {
    if (!isObject(value)) return;
    const given = ["data", "stringData", "secretName"].filter((key) => value[key] != null);
    if (given.length === 1) return;
    const got = given.length === 0 ? "none" : given.join(" and ");
    const reason = `Expected \`${path}\` to have exactly one of \`data\`, \`stringData\` and \`secretName\`, got ${got}.`;
    problems.push({ property: path, reason });
  },
);

const image = object(
  {
    registry: text("a registry without white space", /^[\w][\w.:/-]{0,252}$/),
    repository: text("an image repository without tag and white space", /^[\w][\w./-]{0,252}$/),
    version: text(
      "a version of EMQX 4.4 from 4.4.12 on, such as `4.4.14` (use EmqxCluster for EMQX 5 and later)",
      /^4\.4\.(1[2-9]|[2-9]\d)([-.][\w.-]{0,50})?$/,
    ),
    prefix: text("a part of a tag, of at most 50 characters", /^[\w.-]{0,50}$/),
    suffix: text("a part of a tag, of at most 50 characters", /^[\w.-]{0,50}$/),
    pullPolicy: oneOf("Always", "IfNotPresent", "Never"),
  },
  ["version"],
);

export const enterpriseKeys: Rule = secret(
  all(list(object({ key: apiKeyName, secret: apiKeySecret }, ["key", "secret"])), uniqueKeys),
);

/** Fields of `emqxContainer`, exported for the table of docs/operator.md. */
export const containerFields: Record<string, Rule> = {
  name: dnsLabel,
  image,
  emqxConfig: emqxConfigRule,
  emqxACL: list(text("a line of acl.conf", /^[^\r\n]*$/)),
  bootstrapAPIKeys: enterpriseKeys,
  command: secret(list(anyText)),
  args: secret(list(anyText)),
  workingDir: text(),
  ports: containerPorts,
  env,
  envFrom: list(fragment),
  resources: fragment,
  volumeMounts,
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

const podLabels: Rule = all(labels, (value, path, problems) => {
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
  serviceAccountName: dnsName,
  reloaderImage: text(),
  imagePullSecrets: list(object({ name: dnsName }, ["name"])),
  initContainers: containers,
  extraContainers: containers,
  ephemeralContainers: refused(
    "Kubernetes allows none in the template of a pod. Use `kubectl debug` on the running pod.",
  ),
  volumes,
  podSecurityContext: fragment,
  nodeSelector: labels,
  nodeName: dnsName,
  affinity: fragment,
  tolerations: list(fragment),
};

/** Names of `pod.ts`; the data volume and EMQX's container are the user's to name. */
const clashes: Rule = (value, path, problems) => {
  if (!isObject(value)) return;
  const own = isObject(value.emqxContainer) ? value.emqxContainer : {};
  podClashes(
    {
      container: typeof own.name === "string" ? own.name : "emqx",
      volumes: ["bootstrap-user", "acl", "license"],
      mountPaths: [
        "/opt/emqx/data",
        "/opt/emqx/log",
        "/opt/emqx/data/bootstrap_user",
        "/mounted/acl",
        "/mounted/license",
      ],
    },
    { containers: ["extraContainers", "initContainers"], volumes: "volumes", mounts: "mounts" },
  )({ ...value, mounts: own.volumeMounts }, path, problems);
};

const serviceTemplate = object({
  metadata: object({
    name: text("a lower-case DNS label", /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/),
    labels,
    annotations,
  }),
  spec: all(fragmentOf({ ports: servicePorts, type: serviceType }), (value, path, problems) => {
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
  clusterDomain,
  license,
  persistent: object(
    {
      metadata: object({
        name: dnsLabel,
        labels,
        annotations,
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
      metadata: object({ labels: podLabels, annotations }),
      spec: all(object(templateFields, ["emqxContainer"]), clashes),
    },
    ["spec"],
  ),
  serviceTemplate,
};

/** Ours on top; those shared with `EmqxCluster` are judged by its rules. */
const OURS = [
  "name",
  "namespace",
  "adopt",
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
  return judged(args, enterpriseArgs, (known) => [
    ...nodeNameProblem(known, nodePrefixOf(known)),
    ...serviceNameProblem(known),
  ]);
}

/** What `emqxConfig` calls the nodes, as far as it is known. */
function nodePrefixOf({ name, template }: Record<string, unknown>): string {
  const inner = (value: unknown, key: string) => (isObject(value) ? value[key] : undefined);
  const container = inner(inner(template, "spec"), "emqxContainer");
  const given = inner(inner(container, "emqxConfig"), "name") ?? name;
  return typeof given === "string" && given !== UNKNOWN ? given : "";
}

/** The nodes find each other by the headless Service, which has a name of its own. */
function serviceNameProblem({ name, serviceTemplate: template }: Record<string, unknown>) {
  const metadata = isObject(template) ? template.metadata : undefined;
  const own = isObject(metadata) ? metadata.name : undefined;
  if (typeof name !== "string" || own !== names.headless(name)) return [];
  const property = "serviceTemplate.metadata.name";
  const reason = `Expected \`${property}\` to be another name than \`${own}\`: the headless Service is called so.`;
  return [{ property, reason }];
}
