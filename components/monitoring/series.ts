import type { Target } from "./args";

/** PromQL names and selectors of one cluster's series. */
export interface Series {
  /** Connected clients. EMQX 4.4 counts no other; 5 and 6 count offline sessions apart. */
  connections: string;
  sessions: string;
  /** A metric of this cluster only. */
  of(metric: string): string;
}

export function seriesOf({ name, namespace, dialect }: Target): Series {
  const of = (metric: string) => `${metric}{namespace="${namespace}",emqx_cluster="${name}"}`;
  return {
    of,
    connections: of(dialect === "v4" ? "emqx_connections_count" : "emqx_live_connections_count"),
    sessions: of("emqx_sessions_count"),
  };
}
