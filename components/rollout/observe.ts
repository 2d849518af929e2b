import { EmqxError } from "../errors";
import type { EmqxClient } from "../emqx/client";
import { Probe } from "../emqx/probe";
import type { KubernetesClient } from "../kubernetes/client";
import type { EndpointSlice, Pod, Service, StatefulSet } from "../kubernetes/shapes";
import {
  CONTROL_ANNOTATION,
  coreNodeName,
  everyColour,
  names,
  oneColour,
  REVISION_LABEL,
} from "../labels";
import { Inspector } from "./inspect";
import { isReady, Troubles } from "./trouble";
import type {
  Control,
  NodeObservation,
  Observation,
  ServiceObservation,
  SetObservation,
  Site,
} from "./types";

/** Milliseconds for which all nodes may refuse our API key (a joining node may) before it is an error. */
const UNAUTHORIZED_PATIENCE = 15_000;

const CONTROLS: readonly string[] = ["pause", "resume", "abort", "promote"];

/** Looks at Kubernetes and at every node, side by side. */
export class Observer {
  private readonly probes = new Map<string, Probe>();
  private readonly troubles: Troubles;
  private readonly inspector: Inspector;
  private refusedSince?: number;

  constructor(
    private readonly site: Site,
    private readonly kube: KubernetesClient,
    private readonly emqx: EmqxClient,
  ) {
    this.troubles = new Troubles(kube);
    this.inspector = new Inspector(site, kube, emqx);
  }

  async observe(options: { preflight: boolean }): Promise<Observation> {
    const { namespace, name } = this.site;
    const labels = everyColour(name);
    const [sets, pods, service, control] = await Promise.all([
      this.kube.list<StatefulSet>({ kind: "StatefulSet", namespace }, { labels }),
      this.kube.list<Pod>({ kind: "Pod", namespace }, { labels }),
      this.service(),
      this.control(),
    ]);
    const nodes = await this.nodes(pods);
    const preflight = options.preflight ? await this.inspector.inspect(nodes) : undefined;
    return {
      sets: sets.flatMap((set) => toSet(set, pods)),
      nodes,
      service,
      control,
      ...(preflight && { preflight }),
    };
  }

  private async nodes(pods: Pod[]): Promise<NodeObservation[]> {
    const uids = new Set(pods.map(keyOf));
    for (const key of this.probes.keys()) if (!uids.has(key)) this.probes.delete(key);

    const refusals: EmqxError[] = [];
    const nodes = await Promise.all(
      pods
        .filter((pod) => pod.metadata.labels?.[REVISION_LABEL])
        .map((pod) => this.node(pod, refusals)),
    );
    this.checkRefusals(nodes, refusals);
    return nodes.sort((a, b) => a.pod.localeCompare(b.pod));
  }

  private async node(pod: Pod, refusals: EmqxError[]): Promise<NodeObservation> {
    const { name, labels, deletionTimestamp } = pod.metadata;
    const node = coreNodeName(this.site, name);
    const known = {
      pod: name,
      revision: labels?.[REVISION_LABEL] ?? "",
      ordinal: Number(/-(\d+)$/.exec(name)?.[1] ?? 0),
      ready: isReady(pod),
      terminating: deletionTimestamp !== undefined,
      node,
    };
    const [answers, { reason, trouble }] = await Promise.all([
      this.ask(pod, node),
      this.troubles.explain(pod),
    ]);
    if (answers instanceof EmqxError) {
      if (answers.code === "EMQX_API_UNAUTHORIZED") refusals.push(answers);
      const why = trouble ?? (known.ready ? answers.message : undefined);
      return { ...known, reason, trouble: why, reachable: false };
    }
    if (!answers) {
      const silent = isRunning(pod) ? "EMQX does not answer in time" : undefined;
      return { ...known, reason, trouble: trouble ?? silent, reachable: false };
    }
    const { status, ...rest } = answers;
    return {
      ...known,
      reason,
      trouble,
      reachable: true,
      version: status.version,
      otpRelease: status.otp_release,
      edition: status.edition,
      connections: status.connections,
      liveConnections: status.live_connections,
      ...rest,
    };
  }

  private async ask(pod: Pod, node: string) {
    if (!isRunning(pod)) return undefined;
    const key = keyOf(pod);
    let probe = this.probes.get(key);
    if (!probe) this.probes.set(key, (probe = new Probe(this.emqx, pod.metadata.name, node)));
    try {
      return await probe.ask();
    } catch (error) {
      if (!(error instanceof EmqxError) || error.code === "EMQX_KUBERNETES_DENIED") throw error;
      return error;
    }
  }

  /** With no node left that accepts our key, waiting would be for ever. */
  private checkRefusals(nodes: NodeObservation[], refusals: EmqxError[]): void {
    const [refusal] = refusals;
    if (!refusal || nodes.some((node) => node.reachable)) {
      this.refusedSince = undefined;
      return;
    }
    this.refusedSince ??= Date.now();
    if (Date.now() - this.refusedSince > UNAUTHORIZED_PATIENCE) throw refusal;
  }

  private async service(): Promise<ServiceObservation> {
    const { namespace } = this.site;
    const name = names.listeners(this.site.name);
    const [service, slices] = await Promise.all([
      this.kube.get<Service>({ kind: "Service", namespace, name }),
      this.kube.list<EndpointSlice>(
        { kind: "EndpointSlice", namespace },
        { labels: { "kubernetes.io/service-name": name } },
      ),
    ]);
    const ready = slices
      .flatMap((slice) => slice.endpoints ?? [])
      .filter((endpoint) => endpoint.conditions?.ready !== false)
      .flatMap(({ targetRef }) =>
        targetRef?.kind === "Pod" && targetRef.name ? [targetRef.name] : [],
      );
    return {
      exists: service !== undefined,
      selects: selectedRevision(this.site.name, service?.spec?.selector),
      readyPods: [...new Set(ready)].sort(),
    };
  }

  private async control(): Promise<Control> {
    const { namespace } = this.site;
    const record = await this.kube.get({
      kind: "ConfigMap",
      namespace,
      name: names.rollout(this.site.name),
    });
    const value = record?.metadata.annotations?.[CONTROL_ANNOTATION];
    return value !== undefined && CONTROLS.includes(value) ? (value as Control) : null;
  }
}

/** Null unless the selector is exactly the one that the rollout applies: anything else must be written again. */
export function selectedRevision(
  cluster: string,
  selector: Record<string, string> | undefined,
): string | null {
  const revision = selector?.[REVISION_LABEL];
  if (!selector || !revision) return null;
  const wanted = Object.entries(oneColour(cluster, revision));
  const same =
    wanted.length === Object.keys(selector).length &&
    wanted.every(([key, value]) => selector[key] === value);
  return same ? revision : null;
}

function toSet(set: StatefulSet, pods: Pod[]): SetObservation[] {
  const revision = set.metadata.labels?.[REVISION_LABEL];
  if (!revision) return [];
  const containers = set.spec?.template?.spec?.containers ?? [];
  const emqx = containers.find((container) => container.name === "emqx") ?? containers[0];
  return [
    {
      revision,
      replicas: set.spec?.replicas ?? 1,
      pods: pods.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision).length,
      image: emqx?.image ?? "",
      createdAt: Date.parse(set.metadata.creationTimestamp ?? "") || 0,
      deleting: set.metadata.deletionTimestamp !== undefined,
    },
  ];
}

const keyOf = (pod: Pod): string => pod.metadata.uid ?? pod.metadata.name;

const isRunning = (pod: Pod): boolean =>
  pod.status?.containerStatuses?.some(
    (status) => status.name === "emqx" && status.state?.running !== undefined,
  ) ?? false;
