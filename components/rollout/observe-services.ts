/** Where the Services point, from the API server. */
import type { KubernetesClient } from "../kubernetes/client";
import type { EndpointSlice, Service } from "../kubernetes/shapes";
import { oneColour, REVISION_LABEL } from "../labels";
import { dashboardServiceOf, listenersServiceOf } from "./service-names";
import type { Role, ServiceObservation, Site } from "./types";

const ROLES: readonly Role[] = ["core", "replicant"];

export async function observeServices(
  site: Site,
  kube: KubernetesClient,
): Promise<ServiceObservation> {
  const { namespace } = site;
  const name = listenersServiceOf(site);
  const dashboardName = dashboardServiceOf(site);
  const [service, dashboard, slices] = await Promise.all([
    kube.get<Service>({ kind: "Service", namespace, name }),
    dashboardName === undefined
      ? undefined
      : kube.get<Service>({ kind: "Service", namespace, name: dashboardName }),
    kube.list<EndpointSlice>(
      { kind: "EndpointSlice", namespace },
      { labels: { "kubernetes.io/service-name": name } },
    ),
  ]);
  const ready = slices
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .flatMap(({ targetRef }) =>
      targetRef?.kind === "Pod" && targetRef.name ? [targetRef.name] : [],
    );
  return {
    exists: service !== undefined,
    selects: selectedRevision(site.name, service?.spec?.selector, ROLES),
    ...(dashboard && {
      dashboardSelects: selectedRevision(site.name, dashboard.spec?.selector, ["core"]),
    }),
    readyPods: [...new Set(ready)].sort(),
  };
}

/**
 * Null unless the selector is exactly one that the rollout applies for one of the roles: anything
 * else must be written again.
 */
export function selectedRevision(
  cluster: string,
  selector: Record<string, string> | undefined,
  roles: readonly Role[],
): string | null {
  const revision = selector?.[REVISION_LABEL];
  if (!selector || !revision) return null;
  const isWritten = (role: Role): boolean => {
    const wanted = Object.entries(oneColour(cluster, revision, role));
    return (
      wanted.length === Object.keys(selector).length &&
      wanted.every(([key, value]) => selector[key] === value)
    );
  };
  return roles.some(isWritten) ? revision : null;
}
