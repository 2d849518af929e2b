import { everyPod, REVISION_LABEL } from "../labels";
import type { PodMonitorArgs, Target } from "./args";
import { INSTANCE_LABEL, monitoringNames } from "./names";
import type { MonitoringObject } from "./types";

const DEFAULT_INTERVAL = "10s";

/** Where each dialect serves its metrics as text. */
const ENDPOINTS = {
  v5: { path: "/api/v5/prometheus/stats" },
  v4: { path: "/api/v4/emqx_prometheus", params: { type: ["prometheus"] } },
};

/** Labels of every series, and the pod's label that each comes from. */
const SERIES_LABELS = {
  emqx_cluster: INSTANCE_LABEL,
  instance_set: REVISION_LABEL,
  role: "app.kubernetes.io/component",
};

/** The PodMonitor (monitoring.coreos.com/v1) of every pod of a cluster, whatever its revision. */
export function podMonitor(
  target: Target,
  labels: Record<string, string>,
  args: PodMonitorArgs = {},
): MonitoringObject {
  const secret = args.basicAuthSecret ?? target.basicAuthSecret;
  const relabelings = [
    { sourceLabels: ["__meta_kubernetes_pod_name"], targetLabel: "pod" },
    ...Object.entries(SERIES_LABELS).map(([targetLabel, podLabel]) => ({
      sourceLabels: [`__meta_kubernetes_pod_label_${podLabel.replace(/\W/g, "_")}`],
      targetLabel,
    })),
  ];
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    metadata: {
      name: monitoringNames.podMonitor(target.name),
      namespace: target.namespace,
      labels: { ...args.labels, ...labels },
    },
    spec: {
      jobLabel: INSTANCE_LABEL,
      namespaceSelector: { matchNames: [target.namespace] },
      selector: { matchLabels: everyPod(target.name) },
      podMetricsEndpoints: [
        {
          port: target.dashboardPortName,
          scheme: "http",
          interval: args.interval ?? DEFAULT_INTERVAL,
          ...ENDPOINTS[target.dialect],
          ...(secret !== undefined && {
            basicAuth: {
              username: { name: secret, key: "username" },
              password: { name: secret, key: "password" },
            },
          }),
          relabelings,
        },
      ],
    },
  };
}
