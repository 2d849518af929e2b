import type { Evacuation } from "./emqx-api";

/** Cores hold EMQX's tables, replicants only take clients. */
export type Role = "core" | "replicant";

/** What the API server showed of one cluster over time; times are milliseconds since the epoch. */
export interface ClusterLog {
  /** StatefulSets, Deployments, pods and ConfigMaps that belong to a revision. */
  objects: ObservedObject[];
  /** Revision that the listeners Service selects, at each change. */
  selections: Selection[];
  /** The same of the dashboard Service. */
  dashboardSelections: Selection[];
  /** Pods that the listeners Service's EndpointSlices list as ready, at each change. */
  endpoints: Endpoints[];
  /** The same of the dashboard Service. */
  dashboardEndpoints: Endpoints[];
  /** What EMQX's own `global_status` said about nodes under evacuation, at each change. */
  evacuations: { t: number; nodes: Evacuation[] }[];
}

export interface Selection {
  t: number;
  revision: string | null;
}

export interface Endpoints {
  t: number;
  pods: string[];
}

export interface ObservedObject {
  kind: "StatefulSet" | "Deployment" | "Pod" | "ConfigMap";
  name: string;
  revision: string;
  role: Role;
  /** Name of the StatefulSet or Deployment that a pod belongs to; of anything else its own name. */
  set: string;
  seenAt: number;
  /** Pods only: image of EMQX's container. */
  image?: string;
  /** Pods only: first seen with a running container. */
  runningAt?: number;
  /** Pods only: first seen Ready. */
  readyAt?: number;
  /** First seen with a deletionTimestamp. */
  deletingAt?: number;
  goneAt?: number;
}
