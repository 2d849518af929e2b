import type { References } from "../kube/references";
import type { ContainerSpec, EnvFrom, EnvVar, KeySelector, Pod } from "../kube/types";
import { expand } from "./expand";
import { fieldValue, resourceValue } from "./field-ref";

/** A container cannot be created yet; the message is kubelet's of CreateContainerConfigError. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

export interface EnvContext {
  pod: Pod;
  container: ContainerSpec;
  /** The pod's address as in its status. */
  podIP: string;
  references: References;
}

/** The environment that the pod's author asked for: `envFrom` first, then `env` in its order. */
export async function resolveEnv(context: EnvContext): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const source of context.container.envFrom ?? []) {
    for (const [key, value] of await envFrom(source, context)) values.set(key, value);
  }
  for (const variable of context.container.env ?? []) {
    const value = await envValue(variable, context, values);
    if (value !== undefined) values.set(variable.name, value);
  }
  return values;
}

async function envFrom(source: EnvFrom, { references }: EnvContext): Promise<[string, string][]> {
  const { configMapRef, secretRef, prefix = "" } = source;
  const entries: [string, string][] = [];
  if (configMapRef) {
    const object = await references.configMap(configMapRef.name);
    if (!object && !configMapRef.optional) throw missing("configmap", configMapRef.name);
    entries.push(...Object.entries(object?.data ?? {}));
  }
  if (secretRef) {
    const object = await references.secret(secretRef.name);
    if (!object && !secretRef.optional) throw missing("secret", secretRef.name);
    for (const [key, value] of Object.entries(object?.data ?? {}))
      entries.push([key, plain(value)]);
  }
  return entries.map(([key, value]) => [prefix + key, value]);
}

async function envValue(
  { value, valueFrom }: EnvVar,
  context: EnvContext,
  values: Map<string, string>,
): Promise<string | undefined> {
  const { pod, container, podIP, references } = context;
  if (!valueFrom) return expand(value ?? "", values);
  if (valueFrom.fieldRef) {
    try {
      return fieldValue(pod, podIP, valueFrom.fieldRef.fieldPath);
    } catch (error) {
      throw new ConfigError((error as Error).message);
    }
  }
  if (valueFrom.resourceFieldRef) return resourceValue(pod, container, valueFrom.resourceFieldRef);
  if (valueFrom.configMapKeyRef) {
    const ref = valueFrom.configMapKeyRef;
    const object = await references.configMap(ref.name);
    return pick(object, object?.data, ref, "ConfigMap", pod.metadata.namespace);
  }
  if (valueFrom.secretKeyRef) {
    const ref = valueFrom.secretKeyRef;
    const object = await references.secret(ref.name);
    const found = pick(object, object?.data, ref, "Secret", pod.metadata.namespace);
    return found === undefined ? undefined : plain(found);
  }
  return undefined;
}

function pick(
  object: object | undefined,
  data: Record<string, string> | undefined,
  ref: KeySelector,
  kind: "ConfigMap" | "Secret",
  namespace: string,
): string | undefined {
  const value = data?.[ref.key];
  if (value !== undefined || ref.optional) return value;
  if (!object) throw missing(kind.toLowerCase(), ref.name);
  throw new ConfigError(`couldn't find key ${ref.key} in ${kind} ${namespace}/${ref.name}`);
}

function missing(kind: string, name: string): ConfigError {
  return new ConfigError(`${kind} "${name}" not found`);
}

function plain(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
