import type { EmqxError } from "../errors";
import type { KubernetesClient } from "../kubernetes/client";
import type { Secret } from "../kubernetes/shapes";

/** One key of a Secret as text; `missing` makes the error from what was found instead. */
export async function secretValue(
  kube: KubernetesClient,
  namespace: string,
  { name, key }: { name: string; key: string },
  missing: (where: string, found: string) => EmqxError,
): Promise<string> {
  const secret = await kube.get<Secret>({ kind: "Secret", namespace, name });
  const value = secret?.data?.[key];
  if (value === undefined) {
    const found = secret ? "no such key" : "no such Secret";
    throw missing(`Secret ${namespace}/${name}, key ${key}`, found);
  }
  return Buffer.from(value, "base64").toString("utf8");
}
