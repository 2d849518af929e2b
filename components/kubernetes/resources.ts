/** The kinds that we touch, with what their URLs need. */
const kinds = {
  ConfigMap: { apiVersion: "v1", plural: "configmaps" },
  Event: { apiVersion: "v1", plural: "events" },
  PersistentVolumeClaim: { apiVersion: "v1", plural: "persistentvolumeclaims" },
  Pod: { apiVersion: "v1", plural: "pods" },
  Secret: { apiVersion: "v1", plural: "secrets" },
  Service: { apiVersion: "v1", plural: "services" },
  StatefulSet: { apiVersion: "apps/v1", plural: "statefulsets" },
  EndpointSlice: { apiVersion: "discovery.k8s.io/v1", plural: "endpointslices" },
  Lease: { apiVersion: "coordination.k8s.io/v1", plural: "leases" },
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

export function pathOf({ kind, namespace, name }: Reference): string {
  const { apiVersion, plural } = kinds[kind];
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const path = `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
  return name === undefined ? path : `${path}/${encodeURIComponent(name)}`;
}

/** `statefulsets/emqx-core-1 in namespace default`, for messages. */
export function describe({ kind, namespace, name }: Reference): string {
  return `${kinds[kind].plural}${name === undefined ? "" : `/${name}`} in namespace ${namespace}`;
}
