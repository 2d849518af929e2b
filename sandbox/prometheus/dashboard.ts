import type { KubeClient } from "../node-agent/kube/client";
import type { KubeObject } from "../node-agent/kube/types";

export interface DashboardPanel {
  title: string;
  queries: { expr: string; legend: string }[];
}

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

interface Model {
  panels: { title: string; targets: { expr: string; legendFormat: string }[] }[];
}

/** The panels of the dashboard that a cluster brings, read as Grafana's sidecar does. */
export async function readDashboard(
  api: KubeClient,
  { namespace, cluster }: { namespace: string; cluster: string },
): Promise<DashboardPanel[]> {
  const selector = encodeURIComponent(`grafana_dashboard=1,app.kubernetes.io/instance=${cluster}`);
  const path = `/api/v1/namespaces/${namespace}/configmaps?labelSelector=${selector}`;
  const { items } = await api.get<{ items: ConfigMap[] | null }>(path);
  const texts = (items ?? []).flatMap(({ data }) => Object.values(data ?? {}));
  const [text] = texts;
  if (text === undefined || texts.length > 1) {
    throw new Error(
      `Expected one dashboard of ${namespace}/${cluster} in a ConfigMap labelled grafana_dashboard=1, ` +
        `found ${texts.length}. Is \`monitoring\` among the cluster's arguments?`,
    );
  }
  return (JSON.parse(text) as Model).panels.map(({ title, targets }) => ({
    title,
    queries: targets.map(({ expr, legendFormat }) => ({ expr, legend: legendFormat })),
  }));
}
