import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { isEmqxImage } from "../image/registry";
import type { ContainerSpec, Pod } from "../kube/types";
import { processAddress } from "../network/addresses";

/** What plays every container that is not EMQX: it idles, and ends on SIGTERM. */
const IDLE = ["sh", "-c", 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'];

export interface LaunchContext {
  pod: Pod;
  podIP: string;
  /** Folder that plays the container's `/`. */
  root: string;
  hostsFile: string;
  clusterDomain: string;
  /** Program and arguments for the EMQX container. */
  emqx: string[];
}

/** Whether the executable of `SANDBOX_EMQX` plays a container: by its image, as its name is free. */
export function isEmqx(container: ContainerSpec): boolean {
  return isEmqxImage(container.image);
}

/** The command of a container's process. */
export function containerCommand(container: ContainerSpec, emqx: string[]): string[] {
  return isEmqx(container) ? emqx : IDLE;
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
  const root = path.join(podFolder, isEmqx(container) ? "root" : `root-${container.name}`);
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  return root;
}
