import type { KubeClient } from "../kube/client";
import type { Pod } from "../kube/types";

/** A token of the pod's service account, bound to the pod. */
export async function serviceAccountToken(
  client: KubeClient,
  pod: Pod,
  audience: string | undefined,
  expirationSeconds: number | undefined,
): Promise<string> {
  const { name, namespace, uid } = pod.metadata;
  const account = pod.spec.serviceAccountName || "default";
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const answer = await client.create<{ status: { token: string } }>(path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {
      ...(audience && { audiences: [audience] }),
      expirationSeconds: expirationSeconds ?? 3607,
      boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
    },
  });
  return answer.status.token;
}
