/** Names of the monitoring objects; apart from those that people write by hand, such as `<name>`. */
export const monitoringNames = {
  podMonitor: (cluster: string) => `${cluster}-metrics`,
  prometheusRule: (cluster: string) => `${cluster}-alerts`,
  dashboard: (cluster: string) => `${cluster}-grafana-dashboard`,
} as const;

/** Label of the pods, as the documents' PodMonitor selects them. */
export const INSTANCE_LABEL = "apps.emqx.io/instance";

/** Field manager of the applies. */
export const MONITORING_MANAGER = "emqx-monitoring";
