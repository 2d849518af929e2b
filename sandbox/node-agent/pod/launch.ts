import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { ContainerSpec, Pod } from "../kube/types";
import { processAddress } from "../network/addresses";

/** Container that the executable of `SANDBOX_EMQX` plays. */
export const EMQX_CONTAINER = "emqx";

/** What plays every other container: it idles, and ends on SIGTERM. */
const IDLE = ["sh", "-c", 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'];

export interface LaunchContext {
  pod: Pod;
  podIP: string;
  /** Folder that plays the container's `/`. */
  root: string;
  hostsFile: string;
  clusterDomain: string;
  /** Program and arguments for the container `emqx`. */
  emqx: string[];
}

/** The command of a container's process. */
export function containerCommand(container: ContainerSpec, emqx: string[]): string[] {
  return container.name === EMQX_CONTAINER ? emqx : IDLE;
}

/** The environment of a container's process: the pod's own, and what the sandbox tells it. */
export function processEnv(
  container: ContainerSpec,
  env: ReadonlyMap<string, string>,
  { pod, podIP, root, hostsFile, clusterDomain }: LaunchContext,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    HOME: root,
    HOSTNAME: pod.metadata.name,
    ...Object.fromEntries(env),
    SANDBOX_IMAGE: container.image ?? "",
    SANDBOX_POD_NAME: pod.metadata.name,
    SANDBOX_POD_NAMESPACE: pod.metadata.namespace,
    SANDBOX_POD_UID: pod.metadata.uid,
    SANDBOX_POD_IP: podIP,
    SANDBOX_ADDRESS: processAddress(podIP),
    SANDBOX_ROOT: root,
    SANDBOX_HOSTS: hostsFile,
    SANDBOX_CLUSTER_DOMAIN: clusterDomain,
  };
}

/** Creates the folder that plays a container's `/`: a new one for each run, as from an image. */
export async function makeRoot(podFolder: string, container: ContainerSpec): Promise<string> {
  const isEmqx = container.name === EMQX_CONTAINER;
  const root = path.join(podFolder, isEmqx ? "root" : `root-${container.name}`);
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  return root;
}
