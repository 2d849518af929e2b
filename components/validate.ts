/** The arguments of `EmqxCluster`, judged offline: all problems at once, unknown values skipped. */
import { API_KEY_NAME } from "./labels";
import { scanConfig } from "./config-scan";
import {
  annotations,
  dataKey,
  dnsLabel,
  dnsName,
  labels,
  servicePorts,
  serviceType,
} from "./kubernetes-rules";
import { limitProblem } from "./limits";
import { validateMonitoring } from "./monitoring/validate";
import { nodeNameProblem } from "./node-name";
import { judged } from "./judged";
import { declaredPorts } from "./ports";
import { releaseOf } from "./release";
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
} from "./shape";
import { hasUnknown, UNKNOWN } from "./unknown";
import { dashboardTls } from "./validate-tls";
import { coreTemplate, replicantTemplate } from "./validate-templates";

/** Longest name for which `<name>-core-<revision>-<hash>` still fits into a label. */
const MAX_NAME = 38;

type Args = Record<string, unknown>;

const seconds = integer(0);
const rate = integer(1);

const label = text(
  `a lower-case DNS label that starts with a letter and has at most ${MAX_NAME} characters`,
  new RegExp(`^[a-z]([-a-z0-9]{0,${MAX_NAME - 2}}[a-z0-9])?$`),
);

const secretKey = object({ secretName: dnsName, secretKey: dataKey }, ["secretName", "secretKey"]);

/** Of a line of the bootstrap file, `key:secret`, which EMQX reads when a node starts. */
export const apiKeyName: Rule = all(
  text("letters, digits, `-` or `_`", /^[A-Za-z\d_-]{1,256}$/),
  (value, path, problems) => {
    if (value !== API_KEY_NAME) return;
    const reason = `Expected \`${path}\` to be another name than \`${API_KEY_NAME}\`: the rollout has its own key under it.`;
    problems.push({ property: path, reason });
  },
);
export const apiKeySecret: Rule = text(
  "3 to 128 characters without colon, line break and white space at an end",
  /^(?!\s)[^:\p{Cc}\u2028\u2029]{3,128}(?<!\s)$/u,
  { secret: true },
);

const bootstrapApiKey = all(
  object({
    key: apiKeyName,
    secret: apiKeySecret,
    secretRef: object({ key: secretKey, secret: secretKey }, ["key", "secret"]),
  }),
  (value, path, problems) => {
    if (!isObject(value)) return;
    const inline = value.key != null && value.secret != null;
    const neither = value.key == null && value.secret == null;
    if (value.secretRef == null ? inline : neither) return;
    const reason = `Expected \`${path}\` to have either \`key\` and \`secret\` or \`secretRef\`.`;
    problems.push({ property: path, reason });
  },
);

export const serviceTemplate = (enabled: Rule, metadata: Record<string, Rule> = {}): Rule =>
  object({
    enabled,
    metadata: object({ ...metadata, labels, annotations }),
    spec: all(fragmentOf({ ports: servicePorts, type: serviceType }), (value, path, problems) => {
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

export const imageReference: Rule = text(
  "an image reference of at most 500 visible ASCII characters",
  /^[\w][\w.:/@+-]{0,499}$/,
);

export const clusterDomain: Rule = text(
  "a DNS domain of at most 253 characters such as `cluster.local`, no address and without a dot at its end",
  /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
);

/** EMQX gets it as a variable, whose value it parses as HOCON; Linux limits that to 128 KiB. */
export const licenseKey: Rule = text(
  "a licence key: at most 100,000 letters, digits and `+/=._:@~%-`, without white space",
  /^[\w+/=.:@~%-]{1,100000}$/,
  { secret: true },
);

/** Of two lines with one key EMQX would take either. */
export const uniqueKeys: Rule = (value, path, problems) => {
  const seen = new Set<unknown>();
  for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
    const key: unknown = isObject(item) ? item.key : undefined;
    if (typeof key !== "string" || key === UNKNOWN) continue;
    const at = `${path}[${index}].key`;
    if (seen.has(key)) {
      const reason = `Expected \`${at}\` to differ from the other keys, got one of them again.`;
      problems.push({ property: at, reason });
    }
    seen.add(key);
  }
};

export const bootstrapKeys: Rule = secret(all(list(bootstrapApiKey), uniqueKeys));

const clusterArgs = object(
  {
    name: label,
    namespace: dnsLabel,
    adopt: flag,
    image: imageReference,
    imagePullPolicy: oneOf("Always", "IfNotPresent", "Never"),
    imagePullSecrets: list(object({ name: dnsName }, ["name"])),
    serviceAccountName: dnsName,
    bootstrapAPIKeys: bootstrapKeys,
    config: secret(
      object({
        mode: open(oneOf("Merge", "Replace")),
        data: text("a string", /^[^]*$/),
        roots: fragment,
      }),
    ),
    dashboardTls,
    clusterDomain,
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
      returnShare: share,
      gate: oneOf("none", "manual"),
    }),
    coreTemplate,
    replicantTemplate,
    monitoring: (value, path, problems) => problems.push(...validateMonitoring(value, path)),
    dashboardServiceTemplate: serviceTemplate(flag),
    listenersServiceTemplate: serviceTemplate(alwaysOn),
    license: licenseKey,
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
  return judged(args, clusterArgs, (known) => [
    ...releaseProblems(known),
    ...nodeNameProblem(known),
    ...configProblems(known),
  ]);
}

/** What the release of the image cannot do. */
function releaseProblems({ image, replicantTemplate: template }: Args): Problem[] {
  if (typeof image !== "string" || image === UNKNOWN) return [];
  const release = releaseOf(image);
  if (release.dialect === "v4") {
    const reason =
      `Expected \`image\` to be EMQX 5 or 6, got EMQX 4 (\`${image}\`). ` +
      "Deploy it by `EmqxEnterprise`; from 4 to 5 there is no upgrade within one cluster.";
    return [{ property: "image", reason }];
  }
  if (release.replicants || !isObject(template) || hasUnknown(template)) return [];
  if (isObject(template.spec) && template.spec.replicas === 0) return [];
  const reason =
    `\`replicantTemplate\` cannot be set: \`${image}\` is open-source EMQX 5.8, which runs core ` +
    "nodes only. Use emqx/emqx-enterprise, or EMQX 5.9 or later, or remove it.";
  return [{ property: "replicantTemplate", reason }];
}

/** The probes and the rollout talk to EMQX's HTTP API, so it must listen. */
function configProblems(args: Args): Problem[] {
  const config = isObject(args.config) ? args.config : {};
  const limit = limitProblem(config);
  if (limit) return [limit];
  for (const name of ["coreTemplate", "replicantTemplate"]) {
    const template = args[name];
    const spec = isObject(template) ? template.spec : undefined;
    const env = isObject(spec) ? spec.env : undefined;
    if (hasUnknown(config) || hasUnknown(env)) continue;
    const { dashboard, dashboardHttps } = declaredPorts(scanConfig({ config, env }));
    if ((dashboard ?? dashboardHttps) !== undefined) continue;
    const reason =
      "Expected `dashboard.listeners.http` or `.https` to listen on a port: probes and evacuation use it, got " +
      "a configuration that disables both. Keep one enabled and close it to others by a NetworkPolicy.";
    return [{ property: "config", reason }];
  }
  return [];
}
