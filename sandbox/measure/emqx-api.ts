import http from "node:http";
import { KubeClient } from "../node-agent/kube/client";
import { processAddress } from "../node-agent/network/addresses";
import type { KubeObject, Pod, Secret } from "../node-agent/kube/types";
import type { Watched } from "./observer";

export interface ClusterNode {
  node: string;
  version: string;
  node_status: string;
}

/** What is left when an upgrade is over, as the API server and EMQX itself tell. */
export interface EndState {
  /** Nodes of EMQX's cluster. */
  clusterNodes: ClusterNode[];
  /** Nodes that still are under evacuation. */
  evacuationsLeft: string[];
  /** `Kind/name` of objects that carry another revision than the one that serves. */
  objectsLeft: string[];
  /** Node names of the pods that should be the cluster. */
  expectedNodes: string[];
}

const KINDS = [
  ["StatefulSet", "/apis/apps/v1", "statefulsets"],
  ["ControllerRevision", "/apis/apps/v1", "controllerrevisions"],
  ["Pod", "/api/v1", "pods"],
  ["ConfigMap", "/api/v1", "configmaps"],
  ["PersistentVolumeClaim", "/api/v1", "persistentvolumeclaims"],
] as const;

/** Asks the API server and a pod of the serving revision directly, past everything of ours. */
export async function readEndState(watched: Watched, revision: string): Promise<EndState> {
  const { kubeconfig, namespace, cluster } = watched;
  const client = await KubeClient.fromFile(kubeconfig);
  const objects: { kind: string; object: KubeObject }[] = [];
  const selector = encodeURIComponent(`app.kubernetes.io/instance=${cluster},emqx.io/revision`);
  for (const [kind, group, plural] of KINDS) {
    const path = `${group}/namespaces/${namespace}/${plural}?labelSelector=${selector}`;
    const { items } = await client.get<{ items: KubeObject[] | null }>(path);
    for (const object of items ?? []) objects.push({ kind, object });
  }
  const revisionOf = (object: KubeObject) => object.metadata.labels?.["emqx.io/revision"];
  const pods = objects
    .filter(({ kind, object }) => kind === "Pod" && revisionOf(object) === revision)
    .map(({ object }) => object as Pod);
  const host = processAddress(pods[0]?.status?.podIP ?? "");
  if (host === "") {
    throw new Error(`Expected a running pod of revision ${revision} of ${cluster}, found none.`);
  }
  const authorization = await apiKey(client, watched);
  const nodes = await ask<ClusterNode[]>(host, "/api/v5/nodes", authorization);
  const status = await ask<{ evacuations?: { node: string }[] }>(
    host,
    "/api/v5/load_rebalance/global_status",
    authorization,
  );
  return {
    clusterNodes: nodes.map(({ node, version, node_status }) => ({ node, version, node_status })),
    evacuationsLeft: (status.evacuations ?? []).map(({ node }) => node),
    objectsLeft: objects
      .filter(({ object }) => revisionOf(object) !== revision)
      .map(({ kind, object }) => `${kind}/${object.metadata.name}`),
    expectedNodes: pods.map(
      ({ metadata }) => `emqx@${metadata.name}.${cluster}-headless.${namespace}.svc.cluster.local`,
    ),
  };
}

async function apiKey(client: KubeClient, { namespace, cluster }: Watched): Promise<string> {
  const name = `${cluster}-bootstrap-api-key`;
  const secret = await client.get<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
  const text = Buffer.from(secret.data?.bootstrap_api_key ?? "", "base64").toString("utf8");
  const line = text.split("\n").find((each) => each.startsWith("pulumi-emqx:"));
  const [key, value] = (line ?? "").trim().split(":");
  if (!key || !value)
    throw new Error(`Expected a line \`pulumi-emqx:<secret>\` in Secret ${name}.`);
  return `Basic ${Buffer.from(`${key}:${value}`).toString("base64")}`;
}

function ask<T>(host: string, path: string, authorization: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const options = { host, port: 18083, path, headers: { authorization }, timeout: 10_000 };
    const request = http.get(options, (response) => {
      let body = "";
      response
        .setEncoding("utf8")
        .on("data", (text: string) => (body += text))
        .on("error", reject)
        .on("end", () => {
          if (response.statusCode === 200) return resolve(JSON.parse(body) as T);
          reject(new Error(`GET ${path} of ${host} answered ${response.statusCode}: ${body}`));
        });
    });
    request.on("timeout", () => request.destroy(new Error(`GET ${path} of ${host} timed out`)));
    request.on("error", reject);
  });
}
