/** The arguments of `EmqxCluster`, judged offline: all problems at once, unknown values skipped. */
import { scanConfig } from "./config-scan";
import { limitProblem } from "./limits";
import { validateMonitoring } from "./monitoring/validate";
import { declaredPorts } from "./ports";
import { releaseOf } from "./release";
import {
  all,
  flag,
  fragment,
  integer,
  isObject,
  list,
  object,
  oneOf,
  refused,
  share,
  text,
  type Problem,
  type Rule,
} from "./shape";
import { hasUnknown, UNKNOWN } from "./unknown";
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
      returnShare: share,
      gate: oneOf("none", "manual"),
    }),
    coreTemplate,
    replicantTemplate,
    monitoring: (value, path, problems) => problems.push(...validateMonitoring(value, path)),
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
  if (problems.length > 0 || !isObject(args)) return problems;
  return [...releaseProblems(args), ...configProblems(args)];
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
    if (declaredPorts(scanConfig({ config, env })).dashboard !== undefined) continue;
    const reason =
      "Expected `dashboard.listeners.http` to listen on a port: probes and evacuation use it, got a " +
      "configuration that disables it. Keep it enabled and close it to others by a NetworkPolicy.";
    return [{ property: "config", reason }];
  }
  return [];
}
