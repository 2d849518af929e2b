/** The kinds that we touch, with what their URLs need. */
const kinds = {
  ConfigMap: { apiVersion: "v1", plural: "configmaps" },
  Deployment: { apiVersion: "apps/v1", plural: "deployments" },
  Event: { apiVersion: "v1", plural: "events" },
  PersistentVolumeClaim: { apiVersion: "v1", plural: "persistentvolumeclaims" },
  PodDisruptionBudget: { apiVersion: "policy/v1", plural: "poddisruptionbudgets" },
  Pod: { apiVersion: "v1", plural: "pods" },
  Secret: { apiVersion: "v1", plural: "secrets" },
  Service: { apiVersion: "v1", plural: "services" },
  ServiceAccount: { apiVersion: "v1", plural: "serviceaccounts" },
  StatefulSet: { apiVersion: "apps/v1", plural: "statefulsets" },
  EndpointSlice: { apiVersion: "discovery.k8s.io/v1", plural: "endpointslices" },
  Lease: { apiVersion: "coordination.k8s.io/v1", plural: "leases" },
  PodMonitor: { apiVersion: "monitoring.coreos.com/v1", plural: "podmonitors" },
  PrometheusRule: { apiVersion: "monitoring.coreos.com/v1", plural: "prometheusrules" },
} as const;

export type Kind = keyof typeof kinds;

export const isKind = (kind: string): kind is Kind => Object.hasOwn(kinds, kind);

/** Names one object, or a whole collection when it has no name. */
export interface Reference {
  kind: Kind;
  namespace: string;
  name?: string;
}

export const apiVersionOf = (kind: Kind): string => kinds[kind].apiVersion;

export const pluralOf = (kind: Kind): string => kinds[kind].plural;

/** URL of the API group's version, which lists what it serves. */
export function groupPathOf(kind: Kind): string {
  const { apiVersion } = kinds[kind];
  return apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
}

export function pathOf({ kind, namespace, name }: Reference): string {
  const { plural } = kinds[kind];
  const path = `${groupPathOf(kind)}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
  return name === undefined ? path : `${path}/${encodeURIComponent(name)}`;
}

/** `statefulsets/emqx-core-1 in namespace default`, for messages. */
export function describe({ kind, namespace, name }: Reference): string {
  return `${kinds[kind].plural}${name === undefined ? "" : `/${name}`} in namespace ${namespace}`;
}
