import type { KubeObject } from "../node-agent/kube/types";

/** An EndpointSlice of a Service, as far as it is read here. */
export interface ServiceSlice extends KubeObject {
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean };
    targetRef?: { name?: string };
  }[];
  ports?: { name?: string; port?: number }[];
}

export interface WatchedService extends KubeObject {
  spec: { selector?: Record<string, string> };
}

export interface WatchedSet extends KubeObject {
  spec: { replicas?: number };
  status?: { readyReplicas?: number };
}

export interface WatchedPod extends KubeObject {
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: { type: string; status: string }[];
  };
}
