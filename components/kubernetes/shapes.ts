/** The parts of Kubernetes' objects that we read, as the API server sends them. */

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { kind: string; name: string }[];
}

export interface ContainerState {
  running?: { startedAt?: string };
  waiting?: { reason?: string; message?: string };
  terminated?: { reason?: string; message?: string; exitCode?: number; signal?: number };
}

export interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface Container {
  name: string;
  image?: string;
  ports?: { name?: string; containerPort: number }[];
}

export interface Pod {
  metadata: Metadata;
  spec?: { containers?: Container[] };
  status?: {
    phase?: string;
    podIP?: string;
    reason?: string;
    message?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

/** What a StatefulSet and a Deployment have in common. */
export interface Workload {
  metadata: Metadata;
  spec?: {
    replicas?: number;
    template?: { spec?: { containers?: Container[] } };
  };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

export interface Service {
  metadata: Metadata;
  spec?: { selector?: Record<string, string> };
}

export interface EndpointSlice {
  metadata: Metadata;
  endpoints?: {
    conditions?: { ready?: boolean | null };
    targetRef?: { kind?: string; name?: string };
  }[];
}

export interface ConfigMap {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  data?: Record<string, string>;
}

export interface Secret {
  metadata: Metadata;
  data?: Record<string, string>;
}

export interface Event {
  type?: string;
  reason?: string;
  message?: string;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  metadata: Metadata;
}

export interface Lease {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number | null;
  };
}
