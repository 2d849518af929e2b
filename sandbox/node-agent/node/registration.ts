import os from "node:os";
import type { KubeClient } from "../kube/client";
import { isConflict, isNotFound, STRATEGIC_MERGE_PATCH } from "../kube/client";
import type { KubeObject } from "../kube/types";
import { MAX_PODS, NODE_ADDRESS, type NodeIdentity } from "./nodes";

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

/**
 * Registers a node and keeps it alive until `signal` aborts, but for the time in which its host
 * hangs; resolves when it is registered.
 */
export async function registerNode(
  client: KubeClient,
  identity: NodeIdentity,
  port: number,
  resources: Resources,
  signal: AbortSignal,
  log: (line: string) => void,
  isHung: () => boolean = () => false,
): Promise<KubeObject> {
  const node = await ensureNode(client, identity);
  const since = new Date().toISOString();
  const report = () => reportStatus(client, identity, port, resources, since);
  await report();
  await renewLease(client, identity);
  let beats = 0;
  let hung = false;
  const timer = setInterval(() => {
    const back = hung;
    hung = isHung();
    if (hung) return;
    beats += 1;
    // A controller has called a host that hung unknown.
    const status = back || beats % STATUS_EVERY === 0;
    Promise.all([renewLease(client, identity), status && report()]).catch((error) =>
      log(`heartbeat of ${identity.name} failed and is repeated in 10 s: ${String(error)}`),
    );
  }, RENEW_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return node;
}

async function ensureNode(client: KubeClient, { name, labels }: NodeIdentity): Promise<KubeObject> {
  try {
    return await client.create<KubeObject>("/api/v1/nodes", {
      metadata: { name, labels },
      spec: {},
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    return client.patch<KubeObject>(nodePath(name), { metadata: { labels } });
  }
}

async function reportStatus(
  client: KubeClient,
  { name, labels }: NodeIdentity,
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
      architecture: labels["kubernetes.io/arch"],
      operatingSystem: "linux",
      osImage: "pulumi-emqx sandbox",
      kernelVersion: os.release(),
      kubeletVersion: "v1.34.4",
      kubeProxyVersion: "",
      containerRuntimeVersion: "sandbox://1.0.0",
      machineID: name,
      systemUUID: name,
      bootID: since,
    },
  };
  await client.patch(`${nodePath(name)}/status`, { status }, STRATEGIC_MERGE_PATCH);
}

async function renewLease(client: KubeClient, { name }: NodeIdentity): Promise<void> {
  const path = `${LEASES}/${name}`;
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: LEASE_SECONDS,
    // MicroTime: the API server wants six decimals.
    renewTime: new Date().toISOString().replace("Z", "000Z"),
  };
  try {
    await client.patch<Lease>(path, { spec });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(LEASES, { metadata: { name }, spec });
  }
}

function nodePath(name: string): string {
  return `/api/v1/nodes/${name}`;
}
