/** What the API server showed of one cluster over time; times are milliseconds since the epoch. */
export interface ClusterLog {
  /** StatefulSets, pods and ConfigMaps that belong to a revision. */
  objects: ObservedObject[];
  /** Revision that the listeners Service selects, at each change. */
  selections: { t: number; revision: string | null }[];
  /** Pods that the listeners Service's EndpointSlices list as ready, at each change. */
  endpoints: { t: number; pods: string[] }[];
}

export interface ObservedObject {
  kind: "StatefulSet" | "Pod" | "ConfigMap";
  name: string;
  revision: string;
  seenAt: number;
  /** Pods only: first seen Ready. */
  readyAt?: number;
  /** First seen with a deletionTimestamp. */
  deletingAt?: number;
  goneAt?: number;
}
