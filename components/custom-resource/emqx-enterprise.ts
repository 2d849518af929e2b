/** `EmqxEnterprise` of `apps.emqx.io/v1beta4`: EMQX 4.4. */
import type { EmqxEnterpriseArgs } from "../enterprise/args";
import { specFields, validateEnterprise } from "../enterprise/validate";
import { isObject, type Problem } from "../shape";
import { shown } from "../shown";
import { refuse, type CustomResource, type Fields } from "./custom-resource";

export function argsFromV1beta4(cr: CustomResource): EmqxEnterpriseArgs {
  const known = Object.keys(specFields);
  const problems: Problem[] = Object.keys(cr.spec)
    .filter((key) => !known.includes(key) && cr.spec[key] !== undefined)
    .map((key) => ({
      property: key,
      reason:
        `Unknown field \`${shown(key)}\`. Fields of ${cr.apiVersion}: ${known.join(", ")}. ` +
        "Remove it; what this package adds is given beside the custom resource.",
    }));
  const spec = Object.fromEntries(Object.entries(cr.spec).filter(([key]) => known.includes(key)));
  const args: Fields = {
    ...spec,
    name: cr.name,
    ...(cr.namespace !== undefined && { namespace: cr.namespace }),
    template: withMetadata(spec.template, cr),
    ...(hasMetadata(cr) && { serviceTemplate: withMetadata(spec.serviceTemplate, cr) }),
  };
  if (isObject(args.serviceTemplate)) dropServerFields(args.serviceTemplate);
  const all = [...problems, ...validateEnterprise(args)];
  if (all.length > 0) refuse(cr, all);
  return args as unknown as EmqxEnterpriseArgs;
}

const hasMetadata = ({ labels, annotations }: CustomResource): boolean =>
  Object.keys(labels).length + Object.keys(annotations).length > 0;

/** The operator puts the resource's labels and annotations on pods and Service; their own win. */
function withMetadata(part: unknown, cr: CustomResource): unknown {
  if (!hasMetadata(cr) || (part !== undefined && !isObject(part))) return part;
  const { metadata, ...rest } = part ?? {};
  const given = isObject(metadata) ? metadata : {};
  const merged = (key: "labels" | "annotations") => ({
    ...cr[key],
    ...(isObject(given[key]) ? given[key] : {}),
  });
  return {
    ...rest,
    metadata: { ...given, labels: merged("labels"), annotations: merged("annotations") },
  };
}

/** The operator accepts a namespace here and overwrites it with the resource's own. */
function dropServerFields(template: Fields): void {
  if (isObject(template.metadata) && "namespace" in template.metadata) {
    template.metadata = Object.fromEntries(
      Object.entries(template.metadata).filter(([key]) => key !== "namespace"),
    );
  }
}
