/** Names of the monitoring objects; apart from those that people write by hand, such as `<name>`. */
export const monitoringNames = {
  podMonitor: (cluster: string) => `${cluster}-metrics`,
  prometheusRule: (cluster: string) => `${cluster}-alerts`,
  dashboard: (cluster: string) => `${cluster}-grafana-dashboard`,
} as const;

/** Label with the cluster's name, on every pod that any release of this package has made. */
export const INSTANCE_LABEL = "app.kubernetes.io/instance";

/** Field manager of the applies. */
export const MONITORING_MANAGER = "emqx-monitoring";
