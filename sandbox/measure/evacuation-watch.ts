import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../node-agent/kube/client";
import { ClusterApiClient } from "./cluster-api";
import type { ClusterLog } from "./cluster-log";
import { evacuationsOf } from "./emqx-api";
import type { Watched } from "./watched";

/** Milliseconds between two looks: a quarter of EMQX's own tick. */
const EVERY = 250;

/**
 * Follows `global_status` of the cluster until `signal` aborts and writes down each change. `hosts`
 * gives the addresses of nodes that may be asked now; one that does not answer is passed over.
 */
export async function watchEvacuations(
  client: KubeClient,
  watched: Watched,
  hosts: () => string[],
  log: ClusterLog["evacuations"],
  signal: AbortSignal,
): Promise<void> {
  let api: ClusterApiClient | undefined;
  while (!signal.aborted) {
    try {
      // The Secret may come with the deployment that is being watched.
      api ??= await ClusterApiClient.open(client, watched);
      const nodes = await firstAnswer(api, hosts());
      const isNew = JSON.stringify(log.at(-1)?.nodes ?? []) !== JSON.stringify(nodes);
      if (nodes && isNew) log.push({ t: Date.now(), nodes });
    } catch {
      // There is no cluster yet, or no node answers for a moment.
    }
    await sleep(EVERY, undefined, { signal }).catch(() => undefined);
  }
}

async function firstAnswer(api: ClusterApiClient, hosts: string[]) {
  for (const host of hosts) {
    try {
      return await evacuationsOf(api, host, 1000);
    } catch {
      // The next one may answer.
    }
  }
  return undefined;
}
