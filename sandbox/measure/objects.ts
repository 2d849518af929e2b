import { isEmqxImage } from "../node-agent/image/registry";
import type { ContainerStatus, KubeObject } from "../node-agent/kube/types";
import type { ObservedObject, Role } from "./cluster-log";
import { COMPONENT } from "./labels";

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
  spec?: { containers?: { name: string; image?: string }[] };
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: Pick<ContainerStatus, "name" | "state">[];
  };
}

/** Role by the component label; what has none belongs to the cores. */
export function roleOf({ metadata }: KubeObject): Role {
  return metadata.labels?.[COMPONENT] === "replicant" ? "replicant" : "core";
}

/** Name of the StatefulSet or Deployment that an object belongs to, else its own name. */
export function setOf(kind: ObservedObject["kind"], { metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.[0];
  if (kind !== "Pod" || !owner) return metadata.name;
  const hash = metadata.labels?.["pod-template-hash"];
  const suffix = `-${hash}`;
  return owner.kind === "ReplicaSet" && owner.name.endsWith(suffix)
    ? owner.name.slice(0, -suffix.length)
    : owner.name;
}

/** Image of the pod's EMQX container, whatever that is called. */
export function emqxImage({ spec }: WatchedPod): string | undefined {
  return spec?.containers?.find(({ image }) => isEmqxImage(image))?.image;
}

/** Whether the pod's EMQX container runs. */
export function isRunning(pod: WatchedPod): boolean {
  const name = pod.spec?.containers?.find(({ image }) => isEmqxImage(image))?.name;
  const statuses = pod.status?.containerStatuses ?? [];
  return statuses.some((each) => each.name === name && each.state.running !== undefined);
}

export function isReady({ status }: WatchedPod): boolean {
  return !!status?.conditions?.some((c) => c.type === "Ready" && c.status === "True");
}
