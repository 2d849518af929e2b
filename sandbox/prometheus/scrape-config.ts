/** PodMonitors and pods as Prometheus' own configuration, as the Prometheus Operator makes it. */
import { selects } from "../node-agent/node/selector";
import { processAddress } from "../node-agent/network/addresses";
import type { Pod } from "../node-agent/kube/types";
import type { Discovered, KeyOf, MetricsEndpoint, PodMonitor, Relabeling } from "./objects";

/** One entry of a file that Prometheus reads targets from. */
export interface TargetGroup {
  targets: string[];
  labels: Record<string, string>;
}

export interface ScrapeJob {
  config: Record<string, unknown>;
  /** Name of its file of targets. */
  file: string;
  targets: TargetGroup[];
}

/** Label names allow letters, digits and underscores only. */
const sanitized = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, "_");

/** A job per endpoint of each PodMonitor. */
export function scrapeJobs(found: Discovered, targetsFolder: string): ScrapeJob[] {
  return found.monitors.flatMap((monitor) =>
    monitor.spec.podMetricsEndpoints.flatMap((endpoint, index) => {
      const { namespace, name } = monitor.metadata;
      const job = `podMonitor/${namespace}/${name}/${index}`;
      const basicAuth = basicAuthOf(endpoint, namespace, found.secrets);
      // The operator leaves an endpoint out, too, while its Secret is missing.
      if (basicAuth === "missing") return [];
      const file = `${job.replaceAll("/", "_")}.json`;
      const config = {
        job_name: job,
        file_sd_configs: [{ files: [`${targetsFolder}/${file}`], refresh_interval: "1s" }],
        honor_timestamps: true,
        metrics_path: endpoint.path ?? "/metrics",
        scheme: endpoint.scheme ?? "http",
        ...(endpoint.params && { params: endpoint.params }),
        ...(endpoint.interval && { scrape_interval: endpoint.interval }),
        ...(endpoint.scrapeTimeout && { scrape_timeout: endpoint.scrapeTimeout }),
        ...(basicAuth && { basic_auth: basicAuth }),
        relabel_configs: [
          ...ownRelabelings(monitor, endpoint),
          ...(endpoint.relabelings ?? []),
        ].map(relabelConfig),
        metric_relabel_configs: (endpoint.metricRelabelings ?? []).map(relabelConfig),
      };
      return [{ config, file, targets: targetsOf(monitor, endpoint, found.pods) }];
    }),
  );
}

/** What the operator adds before the user's relabelings. */
function ownRelabelings({ metadata, spec }: PodMonitor, endpoint: MetricsEndpoint): Relabeling[] {
  return [
    { sourceLabels: ["__meta_kubernetes_namespace"], targetLabel: "namespace" },
    { sourceLabels: ["__meta_kubernetes_pod_container_name"], targetLabel: "container" },
    { sourceLabels: ["__meta_kubernetes_pod_name"], targetLabel: "pod" },
    { targetLabel: "job", replacement: `${metadata.namespace}/${metadata.name}` },
    ...(spec.jobLabel === undefined
      ? []
      : [
          {
            sourceLabels: [`__meta_kubernetes_pod_label_${sanitized(spec.jobLabel)}`],
            targetLabel: "job",
            regex: "(.+)",
          },
        ]),
    { targetLabel: "endpoint", replacement: endpoint.port ?? "" },
  ];
}

export function relabelConfig(relabeling: Relabeling): Record<string, unknown> {
  const { sourceLabels, separator, targetLabel, regex, modulus, replacement, action } = relabeling;
  return {
    ...(sourceLabels && { source_labels: sourceLabels }),
    ...(separator !== undefined && { separator }),
    ...(targetLabel !== undefined && { target_label: targetLabel }),
    ...(regex !== undefined && { regex }),
    ...(modulus !== undefined && { modulus }),
    ...(replacement !== undefined && { replacement }),
    ...(action !== undefined && { action: action.toLowerCase() }),
  };
}

function targetsOf(
  { metadata, spec }: PodMonitor,
  endpoint: MetricsEndpoint,
  pods: Pod[],
): TargetGroup[] {
  const { any, matchNames = [metadata.namespace] } = spec.namespaceSelector ?? {};
  return pods
    .filter(
      (pod) =>
        (any === true || matchNames.includes(pod.metadata.namespace)) &&
        selects(spec.selector, pod.metadata.labels) &&
        !["Failed", "Succeeded"].includes(pod.status?.phase ?? ""),
    )
    .flatMap((pod) =>
      pod.spec.containers.flatMap((container) =>
        (container.ports ?? [])
          .filter(({ name }) => name !== undefined && name === endpoint.port)
          .flatMap(({ containerPort }) => targetOf(pod, container.name, containerPort)),
      ),
    );
}

function targetOf(pod: Pod, container: string, port: number): TargetGroup[] {
  const { podIP, phase = "" } = pod.status ?? {};
  if (!podIP) return [];
  const labels = Object.entries(pod.metadata.labels ?? {}).map(([key, value]): [string, string] => [
    `__meta_kubernetes_pod_label_${sanitized(key)}`,
    value,
  ]);
  return [
    {
      targets: [`${processAddress(podIP)}:${port}`],
      labels: {
        ...Object.fromEntries(labels),
        __meta_kubernetes_namespace: pod.metadata.namespace,
        __meta_kubernetes_pod_name: pod.metadata.name,
        __meta_kubernetes_pod_container_name: container,
        __meta_kubernetes_pod_phase: phase,
        // The address that the pod's status tells; the sandbox's process listens on another.
        instance: `${podIP}:${port}`,
      },
    },
  ];
}

function basicAuthOf(
  { basicAuth }: MetricsEndpoint,
  namespace: string,
  secrets: Map<string, string>,
): { username: string; password: string } | "missing" | undefined {
  if (!basicAuth?.username || !basicAuth.password) return undefined;
  const value = ({ name, key }: KeyOf) => secrets.get(`${namespace}/${name}/${key}`);
  const [username, password] = [value(basicAuth.username), value(basicAuth.password)];
  return username === undefined || password === undefined ? "missing" : { username, password };
}
