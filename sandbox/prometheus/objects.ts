import type { LabelSelector } from "../node-agent/node/selector";
import type { KubeObject, Pod } from "../node-agent/kube/types";

/** Names one key of a Secret. */
export interface KeyOf {
  name: string;
  key: string;
}

/** As the Prometheus Operator writes relabelings; Prometheus itself writes them with underscores. */
export interface Relabeling {
  sourceLabels?: string[];
  separator?: string;
  targetLabel?: string;
  regex?: string;
  modulus?: number;
  replacement?: string;
  action?: string;
}

export interface MetricsEndpoint {
  port?: string;
  path?: string;
  scheme?: string;
  params?: Record<string, string[]>;
  interval?: string;
  scrapeTimeout?: string;
  basicAuth?: { username?: KeyOf; password?: KeyOf };
  relabelings?: Relabeling[];
  metricRelabelings?: Relabeling[];
}

/** The fields of a PodMonitor that the sandbox's Prometheus honours. */
export interface PodMonitor extends KubeObject {
  spec: {
    jobLabel?: string;
    selector: LabelSelector;
    namespaceSelector?: { any?: boolean; matchNames?: string[] };
    podMetricsEndpoints: MetricsEndpoint[];
  };
}

export interface PrometheusRule extends KubeObject {
  spec: { groups?: unknown[] };
}

/** Everything of a cluster that Prometheus' configuration is made of. */
export interface Discovered {
  monitors: PodMonitor[];
  rules: PrometheusRule[];
  pods: Pod[];
  /** `namespace/name/key` to its value. */
  secrets: Map<string, string>;
}
