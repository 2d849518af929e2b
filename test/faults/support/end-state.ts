/** What a cluster is left as, so that an undisturbed run and one that was killed can be compared. */
import type { ClusterNode } from "../../../sandbox/measure/emqx-api";
import type { KubeObject } from "../../../sandbox/node-agent/kube/types";
import type { Scenario } from "../../../sandbox/scenario";
import { isReady, type Bench } from "../../e2e/support/cluster";

/** The same of a cluster that was made anew: its licence's digest is keyed with a cookie of its own. */
export function madeAnew(state: unknown): unknown {
  const text = JSON.stringify(state);
  return JSON.parse(text.replace(/("emqx\.io\/license-digest":)"[0-9a-f]+"/g, '$1"*"')) as unknown;
}

interface Workload extends KubeObject {
  spec: { replicas?: number };
  status?: { readyReplicas?: number };
}
interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}
interface Record_ {
  active: string | null;
  current: { phase: string; to: string; aborting: boolean } | null;
}

/** Everything but names and addresses that are made up anew, and times. */
export async function endState(bench: Bench, { watched }: Scenario): Promise<unknown> {
  const { namespace, cluster } = watched;
  const list = async <T>(group: string, plural: string): Promise<T[]> => {
    const labels = `?labelSelector=app.kubernetes.io/instance=${cluster}`;
    const path = `${group}/namespaces/${namespace}/${plural}${labels}`;
    return (await bench.api.get<{ items: T[] | null }>(path)).items ?? [];
  };
  const workloads = [
    ...(await list<Workload>("/apis/apps/v1", "statefulsets")),
    ...(await list<Workload>("/apis/apps/v1", "deployments")),
  ];
  const maps = await list<ConfigMap>("/api/v1", "configmaps");
  const isOfCluster = ({ metadata }: KubeObject) =>
    metadata.labels?.["app.kubernetes.io/instance"] === cluster;
  const pods = (await bench.pods(watched)).filter(isOfCluster);
  const record = maps.find(({ metadata }) => metadata.name === `${cluster}-rollout`);
  return {
    workloads: workloads.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      replicas: spec.replicas,
      ready: status?.readyReplicas ?? 0,
    })),
    pods: pods
      .map((pod) => `${madeUp(pod.metadata.name)} ${pod.spec.containers[0]?.image} ${isReady(pod)}`)
      .sort(),
    configMaps: maps
      .filter((map) => map !== record)
      .map(({ metadata, data }) => ({
        name: metadata.name,
        data,
        annotations: metadata.annotations,
      })),
    record: record && {
      ...recordOf(record),
      annotations: record.metadata.annotations ?? {},
    },
    lease: await holderOf(bench, namespace, cluster),
    objects: (await bench.everythingIn(namespace))
      .filter((name) => name.includes(`/${cluster}-`) && !name.startsWith("pods/"))
      .map(madeUp),
    ...(pods.length > 0 && (await inEmqx(bench, { watched }))),
  };
}

/** Nodes as EMQX lists them, evacuations, and the selectors: only where there is a cluster. */
async function inEmqx(bench: Bench, { watched }: Pick<Scenario, "watched">): Promise<object> {
  const [pod] = (await bench.pods(watched)).filter(isReady);
  if (!pod) return { emqx: "no pod is ready" };
  const nodes = (await bench.emqx(watched, pod, "/nodes")) as ClusterNode[];
  const status = (await bench.emqx(watched, pod, "/load_rebalance/global_status")) as {
    evacuations?: unknown[];
  };
  const selectors = await Promise.all(
    ["listeners", "dashboard"].map(
      async (which) => (await bench.service(watched, which)).spec.selector,
    ),
  );
  return {
    // A replicant is named by its address.
    nodes: nodes
      .map(({ node, node_status }) => `${node.replace(/@[\d.]+$/, "@address")} ${node_status}`)
      .sort(),
    evacuations: status.evacuations,
    selectors,
  };
}

function recordOf({ data }: ConfigMap): object {
  const { active, current } = JSON.parse(data?.["record.json"] ?? "{}") as Record_;
  return { active, phase: current?.phase, to: current?.to, aborting: current?.aborting };
}

async function holderOf({ api }: Bench, namespace: string, cluster: string): Promise<string> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const { items } = await api.get<{
    items: (KubeObject & { spec?: { holderIdentity?: string } })[] | null;
  }>(path);
  const lease = items?.find(({ metadata }) => metadata.name === `${cluster}-rollout`);
  return lease ? `held by "${lease.spec?.holderIdentity ?? ""}"` : "none";
}

/** Random endings, of pods of a Deployment and of EndpointSlices; hashes of controllers. */
const madeUp = (name: string): string =>
  name.replace(/-[0-9a-f]{8,10}-[a-z0-9]{5}$/, "-*").replace(/-[a-z0-9]{5}$/, "-*");
