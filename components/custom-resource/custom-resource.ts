/** A parsed custom resource of the EMQX Operator, and how its mistakes are told. */
import { EmqxError } from "../errors";
import { plainProblems } from "../plain";
import { isObject, type Problem } from "../shape";
import { shown } from "../shown";

export type Fields = Record<string, unknown>;

export interface CustomResource {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  spec: Fields;
}

/** Problems that are told at once. */
const MAX_PROBLEMS = 20;

/** What the API server adds; it is there when `kubectl get -o yaml` was pasted. */
const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Labels that tell the objects of a cluster apart; ours replace the operator's. */
const IDENTITY =
  /^(app\.kubernetes\.io\/(name|instance|component|managed-by)|(apps\.)?emqx\.io\/.*)$/;

export function readCustomResource(value: unknown): CustomResource {
  const { problems } = plainProblems(value);
  if (problems.length > 0) {
    const reasons = problems.slice(0, MAX_PROBLEMS).map(({ reason }) => `  - ${reason}`);
    throw invalid(`The custom resource is no plain data:\n${reasons.join("\n")}`);
  }
  if (!isObject(value)) {
    throw invalid(
      `Expected a custom resource, a parsed YAML or JSON object, got ${kindOf(value)}.`,
    );
  }
  const { apiVersion, kind, metadata, spec } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") {
    throw invalid(
      "Expected a custom resource with `apiVersion` and `kind`, got one without. " +
        "Pass one document of the file, parsed.",
    );
  }
  const name = isObject(metadata) ? metadata.name : undefined;
  if (!isObject(metadata) || typeof name !== "string" || name === "") {
    throw invalid(`Expected \`metadata.name\` of the ${shown(kind)} to be set, got nothing.`);
  }
  if (!isObject(spec))
    throw invalid(`Expected \`spec\` of the ${shown(kind)} "${shown(name)}" to be an object.`);
  const { namespace } = metadata;
  if (namespace !== undefined && namespace !== null && typeof namespace !== "string") {
    throw invalid(`Expected \`metadata.namespace\` of the ${shown(kind)} to be a string.`);
  }
  return {
    apiVersion,
    kind,
    name,
    ...(typeof namespace === "string" && { namespace }),
    labels: textsOf(metadata.labels, "labels", (key) => !IDENTITY.test(key)),
    annotations: textsOf(metadata.annotations, "annotations", (key) => key !== APPLIED),
    spec,
  };
}

function textsOf(
  value: unknown,
  field: string,
  keep: (key: string) => boolean,
): Record<string, string> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(isObject(value) ? value : {});
  if (!isObject(value) || entries.some(([, text]) => typeof text !== "string")) {
    throw invalid(`Expected \`metadata.${field}\` to be an object of strings.`);
  }
  return Object.fromEntries(entries.filter(([key]) => keep(key))) as Record<string, string>;
}

/** Every problem at once; their paths are below `spec`. */
export function refuse(cr: CustomResource, problems: Problem[]): never {
  const reasons = problems.map(({ reason }) => `  - ${reason}`).join("\n");
  throw invalid(
    `The ${cr.kind} "${shown(cr.name)}" (${cr.apiVersion}) cannot be taken over as it is; the fields are those of \`spec\`, ` +
      `and docs/operator.md has a table of them:\n${reasons}`,
  );
}

export const invalid = (message: string): EmqxError =>
  new EmqxError("EMQX_INVALID_ARGUMENT", message);

const kindOf = (value: unknown) =>
  Array.isArray(value) ? "a list" : `\`${shown(String(value))}\``;
