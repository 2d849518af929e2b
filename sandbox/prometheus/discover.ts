import { isNotFound, type KubeClient } from "../node-agent/kube/client";
import type { Pod, Secret } from "../node-agent/kube/types";
import type { Discovered, KeyOf, PodMonitor, PrometheusRule } from "./objects";

const GROUP = "/apis/monitoring.coreos.com/v1";

/** Reads what a Prometheus Operator would watch. A cluster without its definitions has none of it. */
export async function discover(api: KubeClient): Promise<Discovered> {
  const [monitors, rules, pods] = await Promise.all([
    list<PodMonitor>(api, `${GROUP}/podmonitors`),
    list<PrometheusRule>(api, `${GROUP}/prometheusrules`),
    list<Pod>(api, "/api/v1/pods"),
  ]);
  return { monitors, rules, pods, secrets: await secretsOf(api, monitors) };
}

async function list<T>(api: KubeClient, path: string): Promise<T[]> {
  try {
    return (await api.get<{ items: T[] | null }>(path)).items ?? [];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function secretsOf(api: KubeClient, monitors: PodMonitor[]): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const { metadata, spec } of monitors) {
    const keys = spec.podMetricsEndpoints.flatMap(({ basicAuth }) =>
      [basicAuth?.username, basicAuth?.password].filter((key): key is KeyOf => key !== undefined),
    );
    for (const { name, key } of keys) {
      const value = await secretValue(api, metadata.namespace, name, key);
      if (value !== undefined) values.set(`${metadata.namespace}/${name}/${key}`, value);
    }
  }
  return values;
}

async function secretValue(
  api: KubeClient,
  namespace: string,
  name: string,
  key: string,
): Promise<string | undefined> {
  try {
    const { data } = await api.get<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
    const value = data?.[key];
    return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
