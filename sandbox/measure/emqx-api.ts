import { KubeClient } from "../node-agent/kube/client";
import { processAddress } from "../node-agent/network/addresses";
import type { KubeObject, Pod } from "../node-agent/kube/types";
import { ClusterApiClient, ApiAnswer } from "./cluster-api";
import { COMPONENT, INSTANCE, REVISION } from "./labels";
import type { Watched } from "./watched";

export interface ClusterNode {
  node: string;
  version: string;
  /** In lower case, as version 5 has it. */
  node_status: string;
}

/** An entry of `evacuations` in EMQX's `global_status`, whole. */
export interface Evacuation {
  node: string;
  state: string;
  [field: string]: unknown;
}

/** What is left when an upgrade is over, as the API server and EMQX itself tell. */
export interface EndState {
  /** Nodes of EMQX's cluster. */
  clusterNodes: ClusterNode[];
  /** Nodes that still are under evacuation. */
  evacuationsLeft: string[];
  /** `Kind/name` of objects that carry another revision than those that are to stay. */
  objectsLeft: string[];
  /** Node names of the pods that should be the cluster. */
  expectedNodes: string[];
  /** EMQX 4.4 cannot be told to forget a stopped node: it does so by itself, after `cluster.autoclean`. */
  forgetsLater?: boolean;
}

const KINDS = [
  ["StatefulSet", "/apis/apps/v1", "statefulsets"],
  ["Deployment", "/apis/apps/v1", "deployments"],
  ["ReplicaSet", "/apis/apps/v1", "replicasets"],
  ["ControllerRevision", "/apis/apps/v1", "controllerrevisions"],
  ["Pod", "/api/v1", "pods"],
  ["ConfigMap", "/api/v1", "configmaps"],
  ["PersistentVolumeClaim", "/api/v1", "persistentvolumeclaims"],
] as const;

/** Asks the API server and a core of the revisions that stay, directly, past everything of ours. */
export async function readEndState(watched: Watched, ...revisions: string[]): Promise<EndState> {
  const { kubeconfig, namespace, cluster } = watched;
  const client = await KubeClient.fromFile(kubeconfig);
  const objects: { kind: string; object: KubeObject }[] = [];
  const selector = encodeURIComponent(`${INSTANCE}=${cluster},${REVISION}`);
  for (const [kind, group, plural] of KINDS) {
    const path = `${group}/namespaces/${namespace}/${plural}?labelSelector=${selector}`;
    const { items } = await client.get<{ items: KubeObject[] | null }>(path);
    for (const object of items ?? []) objects.push({ kind, object });
  }
  const stays = ({ metadata }: KubeObject): boolean =>
    revisions.includes(metadata.labels?.[REVISION] ?? "");
  const pods = objects
    .filter(({ kind, object }) => kind === "Pod" && stays(object))
    .map(({ object }) => object as Pod);
  const core = pods.find((pod) => !isReplicant(pod) && pod.status?.podIP) ?? pods[0];
  const host = processAddress(core?.status?.podIP ?? "");
  if (host === "") {
    const wanted = revisions.join(", ");
    throw new Error(`Expected a running pod of revision ${wanted} of ${cluster}, found none.`);
  }
  const api = await ClusterApiClient.open(client, watched);
  const nodes = await api.nodes<ClusterNode[]>(host);
  return {
    clusterNodes: nodes.map(({ node, version, node_status }) => ({
      node,
      version,
      node_status: node_status.toLowerCase(),
    })),
    evacuationsLeft: (await evacuationsOf(api, host)).map(({ node }) => node),
    objectsLeft: objects
      .filter(({ object }) => !stays(object))
      .map(({ kind, object }) => `${kind}/${object.metadata.name}`),
    expectedNodes: pods.map((pod) => nodeName(watched, pod)),
    ...(watched.api?.version === "v4" && { forgetsLater: true }),
  };
}

/** Evacuations under way; none for a release that has no evacuation. */
export async function evacuationsOf(
  api: ClusterApiClient,
  host: string,
  timeout?: number,
): Promise<Evacuation[]> {
  try {
    return (await api.evacuations<{ evacuations?: Evacuation[] }>(host, timeout)).evacuations ?? [];
  } catch (error) {
    if (error instanceof ApiAnswer && error.status === 404) return [];
    throw error;
  }
}

function nodeName({ namespace, cluster, nodePrefix = "emqx" }: Watched, pod: Pod): string {
  if (isReplicant(pod)) return `emqx@${pod.status?.podIP}`;
  return `${nodePrefix}@${pod.metadata.name}.${cluster}-headless.${namespace}.svc.cluster.local`;
}

function isReplicant({ metadata }: Pod): boolean {
  return metadata.labels?.[COMPONENT] === "replicant";
}
