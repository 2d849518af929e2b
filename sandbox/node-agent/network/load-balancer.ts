import type { KubeClient } from "../kube/client";
import { isNotFound, MERGE_PATCH } from "../kube/client";
import type { Service } from "../kube/types";

/** Address that every LoadBalancer Service gets; reachable on its node ports. */
const ADDRESS = "127.0.0.1";

/** Plays the cloud: gives a LoadBalancer Service its address, and takes it from one that is none any more. */
export async function syncLoadBalancer(client: KubeClient, service: Service): Promise<void> {
  const { namespace, name, deletionTimestamp } = service.metadata;
  if (deletionTimestamp) return;
  const current = service.status?.loadBalancer?.ingress ?? [];
  const isBalanced = service.spec.type === "LoadBalancer";
  const isRight = isBalanced ? current[0]?.ip === ADDRESS : current.length === 0;
  if (isRight) return;
  const ingress = isBalanced ? [{ ip: ADDRESS }] : null;
  const path = `/api/v1/namespaces/${namespace}/services/${name}/status`;
  try {
    await client.patch(path, { status: { loadBalancer: { ingress } } }, MERGE_PATCH);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
