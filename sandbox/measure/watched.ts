import type { ClusterApi } from "./cluster-api";

/** One EMQX cluster and where it is looked at. */
export interface Watched {
  kubeconfig: string;
  namespace: string;
  /** Name of the EMQX cluster. */
  cluster: string;
  /** Name of the listeners Service. Default `<cluster>-listeners`; EMQX 4.4 has `<cluster>`. */
  listenersService?: string;
  /** Name of the dashboard Service. Default `<cluster>-dashboard`. */
  dashboardService?: string;
  /** What comes before the `@` in the node names of cores. Default `emqx`. */
  nodePrefix?: string;
  /** How EMQX's management API is reached. Default version 5 on the dashboard's port. */
  api?: Partial<ClusterApi>;
}

/** Name of the Service that clients use. */
export function listenersService({ cluster, listenersService: name }: Watched): string {
  return name ?? `${cluster}-listeners`;
}

/** Name of the Service of dashboard and API. */
export function dashboardService({ cluster, dashboardService: name }: Watched): string {
  return name ?? `${cluster}-dashboard`;
}
