/** A custom resource of the Prometheus Operator. */
export interface MonitoringObject {
  apiVersion: "monitoring.coreos.com/v1";
  kind: "PodMonitor" | "PrometheusRule";
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: Record<string, unknown>;
}

/** Inputs of the resource that applies them. */
export interface MonitoringInputs {
  name: string;
  namespace: string;
  objects: MonitoringObject[];
  kubeconfig?: string;
  context?: string;
  /** URN of the resource itself, for messages. */
  __urn?: string;
}

export interface MonitoringOutputs extends MonitoringInputs {
  /** `Kind/name` of each object that the cluster has as it was applied. */
  installed: string[];
  /** Kinds that the cluster does not know. */
  missing: string[];
  /** `Kind/name` of each object that was changed or deleted by somebody else, as last seen. */
  drifted: string[];
}
