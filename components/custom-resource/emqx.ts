/** `EMQX` of `apps.emqx.io/v2beta1` and `v2alpha1`: EMQX 5 and later. */
import type { EmqxClusterArgs } from "../args";
import { isObject, type Problem } from "../shape";
import { shown } from "../shown";
import { validateCluster } from "../validate";
import { refuse, type CustomResource, type Fields } from "./custom-resource";
import { takeLicense } from "./license-in-config";

/** Fields of `spec` in v2beta1. */
export const V2BETA1_FIELDS = [
  "image",
  "imagePullPolicy",
  "imagePullSecrets",
  "serviceAccountName",
  "bootstrapAPIKeys",
  "config",
  "clusterDomain",
  "revisionHistoryLimit",
  "updateStrategy",
  "coreTemplate",
  "replicantTemplate",
  "dashboardServiceTemplate",
  "listenersServiceTemplate",
];

/** Fields of `spec` that only v2alpha1 has, in one of its spellings. */
export const V2ALPHA1_FIELDS = ["emqxTemplate", "bootstrapConfig", "securityContext"];

/** Spellings of the templates' fields in early v2alpha1. */
const RENAMED: Record<string, string> = {
  Containers: "extraContainers",
  persistent: "volumeClaimTemplates",
  securityContext: "containerSecurityContext",
};

const V2ALPHA1_NODES = 3;

export function argsFromV2beta1(cr: CustomResource): EmqxClusterArgs {
  const problems = unknownFields(cr, cr.spec, V2BETA1_FIELDS);
  return clusterArgs(cr, cr.spec, problems);
}

/** Three cores and three replicants by default, as document 004 has it. */
export function argsFromV2alpha1(cr: CustomResource): EmqxClusterArgs {
  const { emqxTemplate, ...outer } = cr.spec;
  const inner = isObject(emqxTemplate) ? emqxTemplate : {};
  const problems: Problem[] = Object.keys(inner)
    .filter((key) => Object.hasOwn(outer, key))
    .map((key) => ({
      property: `emqxTemplate.${key}`,
      reason: `Expected only one of \`${key}\` and \`emqxTemplate.${key}\`, got both. Remove one.`,
    }));
  const all = { ...outer, ...inner };
  problems.push(...unknownFields(cr, all, [...V2BETA1_FIELDS, ...V2ALPHA1_FIELDS]));
  const { bootstrapConfig, securityContext, ...spec } = all as Fields;
  const pods = securityContext === undefined ? {} : { podSecurityContext: securityContext };
  const template = (given: unknown): Fields => {
    const { spec: inside, ...rest } = isObject(given) ? given : {};
    const renamed = Object.entries(isObject(inside) ? inside : {}).map(([key, value]) => [
      Object.hasOwn(RENAMED, key) ? RENAMED[key] : key,
      value,
    ]);
    return { ...rest, spec: { replicas: V2ALPHA1_NODES, ...pods, ...Object.fromEntries(renamed) } };
  };
  return clusterArgs(
    cr,
    {
      ...spec,
      ...(bootstrapConfig !== undefined && { config: { data: bootstrapConfig } }),
      coreTemplate: template(spec.coreTemplate),
      replicantTemplate: template(spec.replicantTemplate),
    },
    problems,
  );
}

function unknownFields(cr: CustomResource, spec: Fields, known: string[]): Problem[] {
  return Object.keys(spec)
    .filter((key) => !known.includes(key) && spec[key] !== undefined)
    .map((key) => ({
      property: key,
      reason:
        `Unknown field \`${shown(key)}\`. Fields of ${cr.apiVersion}: ${known.join(", ")}. ` +
        "Remove it; what this package adds is given beside the custom resource.",
    }));
}

function clusterArgs(cr: CustomResource, given: Fields, problems: Problem[]): EmqxClusterArgs {
  const { config, ...spec } = given;
  const known = Object.fromEntries(
    Object.entries(spec).filter(([key]) => V2BETA1_FIELDS.includes(key)),
  );
  const args: Fields = {
    ...known,
    name: cr.name,
    ...(cr.namespace !== undefined && { namespace: cr.namespace }),
    ...configArgs(config),
    ...labelled(cr, spec),
  };
  const all = [...problems, ...validateCluster(args)];
  if (all.length > 0) refuse(cr, all);
  return args as unknown as EmqxClusterArgs;
}

/** A licence in the text becomes the argument, where it can be cut out safely. */
function configArgs(config: unknown): Fields {
  if (!isObject(config) || typeof config.data !== "string") return config ? { config } : {};
  const { data, license } = takeLicense(config.data);
  const rest = { ...config, data };
  return {
    ...((data !== "" || Object.keys(config).length > 1) && { config: rest }),
    ...(license !== undefined && { license }),
  };
}

/** Labels of the resource are on its pods, as with the operator; the template's own win. */
function labelled(cr: CustomResource, spec: Fields): Fields {
  if (Object.keys(cr.labels).length === 0) return {};
  const on = (template: unknown): Fields => {
    const given = isObject(template) ? template : {};
    const metadata = isObject(given.metadata) ? given.metadata : {};
    const labels = { ...cr.labels, ...(isObject(metadata.labels) ? metadata.labels : {}) };
    return { ...given, metadata: { ...metadata, labels } };
  };
  return {
    coreTemplate: on(spec.coreTemplate),
    ...(spec.replicantTemplate != null && { replicantTemplate: on(spec.replicantTemplate) }),
  };
}
