import type { References } from "../kube/references";
import type {
  ConfigMap,
  DownwardFile,
  KeyToPath,
  Pod,
  ProjectedSource,
  Secret,
  Volume,
} from "../kube/types";
import { fieldValue, resourceValue } from "../pod/field-ref";

/** Content of one file of a volume. */
export interface VolumeFile {
  /** Relative to the volume. */
  path: string;
  data: Buffer;
  mode: number;
}

export interface FileContext {
  pod: Pod;
  podIP: string;
  references: References;
  /** A token of the pod's service account. */
  token(audience: string | undefined, expirationSeconds: number | undefined): Promise<string>;
}

const DEFAULT_MODE = 0o644;

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for other kinds. */
export async function volumeFiles(
  volume: Volume,
  context: FileContext,
): Promise<VolumeFile[] | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return configMapFiles(configMap, configMap.defaultMode, context);
  if (secret)
    return secretFiles({ ...secret, name: secret.secretName }, secret.defaultMode, context);
  if (downwardAPI) return downwardFiles(downwardAPI.items, downwardAPI.defaultMode, context);
  if (!projected) return undefined;
  const sources = projected.sources ?? [];
  const files = await Promise.all(
    sources.map((source) => projectedFiles(source, projected.defaultMode, context)),
  );
  return files.flat();
}

async function projectedFiles(
  source: ProjectedSource,
  mode: number | undefined,
  context: FileContext,
): Promise<VolumeFile[]> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) return configMapFiles(configMap, mode, context);
  if (secret) return secretFiles(secret, mode, context);
  if (downwardAPI) return downwardFiles(downwardAPI.items, mode, context);
  if (!serviceAccountToken) return [];
  const { path, audience, expirationSeconds } = serviceAccountToken;
  const token = await context.token(audience, expirationSeconds);
  return [{ path, data: Buffer.from(token), mode: mode ?? DEFAULT_MODE }];
}

interface Source {
  name: string;
  items?: KeyToPath[];
  optional?: boolean;
}

async function configMapFiles(
  source: Source,
  mode: number | undefined,
  { references }: FileContext,
): Promise<VolumeFile[]> {
  const object: ConfigMap | undefined = await references.configMap(source.name);
  // Every pod gets this one projected; a control plane without its publisher must still run pods.
  const optional = source.optional || source.name === "kube-root-ca.crt";
  if (!object && !optional) throw new Error(`configmap "${source.name}" not found`);
  const data = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(object?.data ?? {})) data.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(object?.binaryData ?? {})) {
    data.set(key, Buffer.from(value, "base64"));
  }
  return select(data, { ...source, optional }, mode, "config");
}

async function secretFiles(
  source: Source,
  mode: number | undefined,
  { references }: FileContext,
): Promise<VolumeFile[]> {
  const object: Secret | undefined = await references.secret(source.name);
  if (!object && !source.optional) throw new Error(`secret "${source.name}" not found`);
  const data = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(object?.data ?? {})) {
    data.set(key, Buffer.from(value, "base64"));
  }
  return select(data, source, mode, "secret");
}

function select(
  data: Map<string, Buffer>,
  { items, optional }: Source,
  mode: number | undefined,
  kind: string,
): VolumeFile[] {
  const chosen: KeyToPath[] = items ?? [...data.keys()].map((key) => ({ key, path: key }));
  return chosen.flatMap((item) => {
    const content = data.get(item.key);
    if (content) {
      return [{ path: item.path, data: content, mode: item.mode ?? mode ?? DEFAULT_MODE }];
    }
    if (optional) return [];
    throw new Error(`references non-existent ${kind} key: ${item.key}`);
  });
}

function downwardFiles(
  items: DownwardFile[] = [],
  mode: number | undefined,
  { pod, podIP }: FileContext,
): VolumeFile[] {
  return items.map((item) => {
    const value = item.fieldRef
      ? fieldValue(pod, podIP, item.fieldRef.fieldPath)
      : item.resourceFieldRef
        ? resourceValue(pod, pod.spec.containers[0] ?? { name: "" }, item.resourceFieldRef)
        : "";
    return { path: item.path, data: Buffer.from(value), mode: item.mode ?? mode ?? DEFAULT_MODE };
  });
}
