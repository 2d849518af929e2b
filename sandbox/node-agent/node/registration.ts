import os from "node:os";
import type { KubeClient } from "../kube/client";
import { isConflict, isNotFound, STRATEGIC_MERGE_PATCH } from "../kube/client";
import type { KubeObject } from "../kube/types";

/** Name of the only node. */
export const NODE_NAME = "sandbox-node";

/** Labels of the node, as a `nodeSelector` may name them. */
export const NODE_LABELS: Record<string, string> = {
  "kubernetes.io/hostname": NODE_NAME,
  "kubernetes.io/os": "linux",
  "kubernetes.io/arch": process.arch === "x64" ? "amd64" : process.arch,
};

/** Address of the node in `status`. The API server would prefer a Hostname and fail to resolve it. */
export const NODE_ADDRESS = "127.0.0.1";

/** Pods that fit on the node, whatever they ask for. */
export const MAX_PODS = 250;

const NODE_PATH = `/api/v1/nodes/${NODE_NAME}`;
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
/** The lease is the heartbeat; the status is only repeated in case somebody changed it. */
const STATUS_EVERY = 6;

interface Lease extends KubeObject {
  spec: { holderIdentity: string; leaseDurationSeconds: number; renewTime: string };
}

export interface Resources {
  cpu: string;
  memory: string;
}

/** Registers the node and keeps it alive until `signal` aborts; resolves when it is registered. */
export async function registerNode(
  client: KubeClient,
  port: number,
  resources: Resources,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<KubeObject> {
  const node = await ensureNode(client);
  const since = new Date().toISOString();
  await reportStatus(client, port, resources, since);
  await renewLease(client);
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    const status = beats % STATUS_EVERY === 0;
    Promise.all([renewLease(client), status && reportStatus(client, port, resources, since)]).catch(
      (error) => log(`the node's heartbeat failed and is repeated in 10 s: ${String(error)}`),
    );
  }, RENEW_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return node;
}

async function ensureNode(client: KubeClient): Promise<KubeObject> {
  try {
    return await client.create<KubeObject>("/api/v1/nodes", {
      metadata: { name: NODE_NAME, labels: NODE_LABELS },
      spec: {},
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    return client.patch<KubeObject>(NODE_PATH, { metadata: { labels: NODE_LABELS } });
  }
}

async function reportStatus(
  client: KubeClient,
  port: number,
  resources: Resources,
  since: string,
): Promise<void> {
  const now = new Date().toISOString();
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: since,
  });
  const capacity = { ...resources, pods: String(MAX_PODS), "ephemeral-storage": "100Gi" };
  const status = {
    capacity,
    allocatable: capacity,
    addresses: [{ type: "InternalIP", address: NODE_ADDRESS }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    conditions: [
      condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "enough memory"),
      condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "enough disk space"),
      condition("PIDPressure", "False", "KubeletHasSufficientPID", "enough process ids"),
      condition("Ready", "True", "KubeletReady", "the sandbox's node agent is running"),
    ],
    nodeInfo: {
      architecture: NODE_LABELS["kubernetes.io/arch"],
      operatingSystem: "linux",
      osImage: "pulumi-emqx sandbox",
      kernelVersion: os.release(),
      kubeletVersion: "v1.34.4",
      kubeProxyVersion: "",
      containerRuntimeVersion: "sandbox://1.0.0",
      machineID: NODE_NAME,
      systemUUID: NODE_NAME,
      bootID: since,
    },
  };
  await client.patch(`${NODE_PATH}/status`, { status }, STRATEGIC_MERGE_PATCH);
}

async function renewLease(client: KubeClient): Promise<void> {
  const path = `${LEASES}/${NODE_NAME}`;
  const spec = {
    holderIdentity: NODE_NAME,
    leaseDurationSeconds: LEASE_SECONDS,
    // MicroTime: the API server wants six decimals.
    renewTime: new Date().toISOString().replace("Z", "000Z"),
  };
  try {
    await client.patch<Lease>(path, { spec });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(LEASES, { metadata: { name: NODE_NAME }, spec });
  }
}
