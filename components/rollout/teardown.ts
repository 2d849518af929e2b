import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesClient } from "../kubernetes/client";
import type { Kind } from "../kubernetes/resources";
import type { Metadata, Pod } from "../kubernetes/shapes";
import { commonLabels, everyPod, names } from "../labels";
import { EmqxError } from "../errors";
import { revisionOf } from "./observe-sets";
import type { Site } from "./types";

/** Seconds that pods get on top of their own grace period. */
const MARGIN_SECONDS = 60;
const DEFAULT_GRACE_SECONDS = 120;

/** What a teardown does, in order; `deleteVolumes` only when asked to. */
export type Step =
  | "deleteDeployments"
  | "deleteStatefulSets"
  | "waitForPods"
  | "deleteConfigMaps"
  | "deleteVolumes"
  | "deleteLease";

export interface TeardownOptions {
  /** Delete the PersistentVolumeClaims as well, and all data with them. Default false. */
  deleteVolumes?: boolean;
  /** Seconds that the pods' own grace period takes. Default 120. */
  graceSeconds?: number;
}

/** Performs one step of a teardown; whoever wraps it may refuse to. */
export type Perform = <T>(step: Step, body: () => Promise<T>) => Promise<T>;

/**
 * Removes whatever rollouts have made: every colour by label, record and lease. EMQX is not asked:
 * a destroy must work with a cluster that is broken.
 */
export async function teardown(
  site: Site,
  kube: KubernetesClient,
  log: (line: string) => void,
  options: TeardownOptions = {},
  perform: Perform = (_step, body) => body(),
): Promise<void> {
  const { namespace, name } = site;
  const labels = everyPod(name);
  const removeAll = async (
    kind: Kind,
    isOurs: (object: { metadata: Metadata }) => boolean,
  ): Promise<number> => {
    const listed = await kube.list<{ metadata: Metadata }>({ kind, namespace }, { labels });
    const found = listed.filter(isOurs);
    await Promise.all(
      found.map(({ metadata }) => kube.delete({ kind, namespace, name: metadata.name })),
    );
    return found.length;
  };

  // What the program labels like the cluster's, such as an exporter, is not ours.
  const hasRevision = ({ metadata }: { metadata: Metadata }) => revisionOf(metadata) !== undefined;
  const deployments = await perform("deleteDeployments", () =>
    removeAll("Deployment", hasRevision),
  );
  const sets = await perform("deleteStatefulSets", () => removeAll("StatefulSet", hasRevision));
  const grace = options.graceSeconds ?? DEFAULT_GRACE_SECONDS;
  const left = await perform("waitForPods", () => waitForPods(site, kube, log, grace));
  if (left.length > 0) {
    throw new EmqxError(
      "EMQX_KUBERNETES_ERROR",
      `Expected the pods of ${namespace}/${name} to end, but after their grace period these are left: ${left.join(", ")}. ` +
        "Their node may be unreachable; remove them with `kubectl delete pod --force`, then run `pulumi destroy` again.",
    );
  }
  await perform("deleteConfigMaps", () => removeOwnConfigMaps(site, kube));
  const volumes = options.deleteVolumes
    ? await perform("deleteVolumes", () => removeAll("PersistentVolumeClaim", hasRevision))
    : 0;
  const lease = { kind: "Lease", namespace, name: names.rollout(name) } as const;
  await perform("deleteLease", () => kube.delete(lease));
  const replicants = deployments > 0 ? ` and ${count(deployments, "Deployment")}` : "";
  log(
    `Removed ${count(sets, "StatefulSet")}${replicants} with pods, record and lease` +
      (volumes > 0 ? `, and ${count(volumes, "volume claim")}` : ""),
  );
}

/** Ours are the record and one per revision; a Pulumi program may label others of its own alike. */
async function removeOwnConfigMaps(site: Site, kube: KubernetesClient): Promise<void> {
  const { namespace, name } = site;
  const labels = commonLabels(name);
  const maps = await kube.list<{ metadata: Metadata }>(
    { kind: "ConfigMap", namespace },
    { labels },
  );
  const ours = maps
    .map(({ metadata }) => metadata.name)
    .filter((map) => map === names.rollout(name) || map.startsWith(names.config(name, "")));
  await Promise.all(ours.map((map) => kube.delete({ kind: "ConfigMap", namespace, name: map })));
}

async function waitForPods(
  site: Site,
  kube: KubernetesClient,
  log: (line: string) => void,
  graceSeconds: number,
): Promise<string[]> {
  const deadline = Date.now() + (graceSeconds + MARGIN_SECONDS) * 1000;
  for (let shown = -1; ;) {
    const found = await kube.list<Pod>(
      { kind: "Pod", namespace: site.namespace },
      { labels: everyPod(site.name) },
    );
    const pods = found.filter(({ metadata }) => revisionOf(metadata) !== undefined);
    if (pods.length === 0 || Date.now() > deadline) return pods.map((pod) => pod.metadata.name);
    if (pods.length !== shown) log(`Waiting for ${count(pods.length, "pod")} to end`);
    shown = pods.length;
    await sleep(500);
  }
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
