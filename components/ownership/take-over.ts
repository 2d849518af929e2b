import type { KubernetesClient } from "../kubernetes/client";
import type { Kind } from "../kubernetes/resources";
import type { Metadata } from "../kubernetes/shapes";
import { names } from "../labels";

interface ManagedFields {
  manager?: string;
  operation?: string;
  subresource?: string;
}

interface Managed {
  metadata: Metadata & { managedFields?: ManagedFields[] };
}

/**
 * Hands the fields that the lost stack applied to whoever applies next: the Kubernetes plugin gives
 * each resource a field manager of its own, and what another one still owns can't be removed later.
 * Entries of operation `Update` are those that the plugin takes over by itself.
 */
export async function takeOver(
  kube: KubernetesClient,
  { namespace, name }: { namespace: string; name: string },
): Promise<void> {
  const objects: [kind: Kind, name: string][] = [
    ["Secret", names.cookieSecret(name)],
    ["Secret", names.apiKeySecret(name)],
    ["Secret", names.dashboardSecret(name)],
    ["Secret", names.licenseSecret(name)],
    ["Service", names.headless(name)],
    ["Service", names.listeners(name)],
    ["Service", names.dashboard(name)],
    ["Service", name],
    ["ServiceAccount", names.serviceAccount(name)],
    ["PodDisruptionBudget", names.coreBudget(name)],
    ["PodDisruptionBudget", names.replicantBudget(name)],
  ];
  await Promise.all(
    objects.map(async ([kind, of]) => {
      const ref = { kind, namespace, name: of };
      const live = await kube.get<Managed>(ref);
      const { managedFields = [], resourceVersion } = live?.metadata ?? {};
      if (!managedFields.some(isApplied)) return;
      const handed = managedFields.map((entry) =>
        isApplied(entry) ? { ...entry, operation: "Update" } : entry,
      );
      await kube.mergePatch(ref, { metadata: { resourceVersion, managedFields: handed } });
    }),
  );
}

const isApplied = ({ manager, operation, subresource }: ManagedFields): boolean =>
  operation === "Apply" && !subresource && /^pulumi-kubernetes\b/.test(manager ?? "");
