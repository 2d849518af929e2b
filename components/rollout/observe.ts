import { EmqxError } from "../errors";
import type { EmqxClient } from "../emqx/api";
import { Probe } from "../emqx/probe";
import type { KubernetesClient } from "../kubernetes/client";
import type { ConfigMap, Pod, Workload } from "../kubernetes/shapes";
import {
  CONTROL_ANNOTATION,
  coreNodeName,
  everyPod,
  names,
  replicantNodeName,
  SCHEME_ANNOTATION,
} from "../labels";
import { emqxContainer } from "./emqx-container";
import { Inspector } from "./inspect";
import { observeServices } from "./observe-services";
import { isLeftover, ownerlessOf, revisionOf, roleOf, setsOf, templateOf } from "./observe-sets";
import { Shortages } from "./shortage";
import { isReady, Troubles } from "./trouble";
import type { PreflightFacts } from "./preflight-facts";
import type { Control, NodeObservation, Observation, Site } from "./types";

/** Milliseconds for which all nodes may refuse our API key (a joining node may) before it is an error. */
const UNAUTHORIZED_PATIENCE = 15_000;

const CONTROLS: readonly string[] = ["pause", "resume", "abort", "promote"];

/** Looks at Kubernetes and at every node, side by side. */
export class Observer {
  private readonly probes = new Map<string, Probe>();
  private readonly troubles: Troubles;
  private readonly shortages: Shortages;
  private readonly inspector: Inspector;
  /** No node takes our key. */
  private refused?: { why: EmqxError; since: number };
  /** Control that nobody understands and that was told already. */
  private strange?: string;

  constructor(
    private readonly site: Site,
    private readonly kube: KubernetesClient,
    private readonly emqx: EmqxClient,
    /** Told where a pod's API listens. */
    private readonly listensAt: (pod: string, port: number, https: boolean) => void = () =>
      undefined,
    private readonly warn: (text: string) => void = () => undefined,
  ) {
    this.troubles = new Troubles(kube);
    this.shortages = new Shortages(kube, site.namespace);
    this.inspector = new Inspector(site, kube, emqx);
  }

  async observe(options: { preflight: boolean }): Promise<Observation> {
    const { namespace, name } = this.site;
    const labels = everyPod(name);
    const [statefulSets, deployments, configMaps, found, service, control] = await Promise.all([
      this.kube.list<Workload>({ kind: "StatefulSet", namespace }, { labels }),
      this.kube.list<Workload>({ kind: "Deployment", namespace }, { labels }),
      this.kube.list<ConfigMap>({ kind: "ConfigMap", namespace }, { labels }),
      this.kube.list<Pod>({ kind: "Pod", namespace }, { labels }),
      observeServices(this.site, this.kube),
      this.control(),
    ]);
    const pods = found.filter((pod) => revisionOf(pod.metadata) && !isLeftover(pod));
    const all = { cluster: name, statefulSets, deployments, configMaps, pods };
    const sets = setsOf(all);
    const ownerless = ownerlessOf(all);
    const [nodes] = await Promise.all([
      this.nodes(pods),
      this.shortages.explain(sets, deployments),
    ]);
    const preflight = options.preflight ? await this.preflight(nodes) : undefined;
    return {
      sets,
      nodes,
      ...(ownerless.length > 0 && { ownerless }),
      service,
      control,
      ...(preflight && { preflight }),
    };
  }

  private async preflight(nodes: NodeObservation[]): Promise<PreflightFacts> {
    const facts = await this.inspector.inspect(nodes);
    return this.refused ? { ...facts, keyRefused: this.refused.why.message } : facts;
  }

  private async nodes(pods: Pod[]): Promise<NodeObservation[]> {
    const uids = new Set(pods.map(keyOf));
    for (const key of this.probes.keys()) if (!uids.has(key)) this.probes.delete(key);

    const wanted = this.site.dialect === "v4" ? "http-management" : "dashboard";
    for (const pod of pods) {
      const ports = emqxContainer(pod.spec?.containers)?.ports ?? [];
      const port = ports.find(({ name }) => name === wanted)?.containerPort;
      if (port !== undefined) this.listensAt(pod.metadata.name, port, isHttps(pod));
    }
    const refusals: EmqxError[] = [];
    const nodes = await Promise.all(pods.map((pod) => this.node(pod, refusals)));
    this.checkRefusals(nodes, refusals);
    return nodes.sort((a, b) => a.pod.localeCompare(b.pod));
  }

  private async node(pod: Pod, refusals: EmqxError[]): Promise<NodeObservation> {
    const { name, deletionTimestamp } = pod.metadata;
    const role = roleOf(pod.metadata);
    const node = this.nodeName(pod);
    const known = {
      pod: name,
      role,
      revision: revisionOf(pod.metadata) ?? "",
      // The end of a Deployment's pod name is random, digits included.
      ordinal: role === "core" ? Number(/-(\d+)$/.exec(name)?.[1] ?? 0) : 0,
      ...templateOf(pod.metadata),
      ready: isReady(pod),
      terminating: deletionTimestamp !== undefined,
      node,
    };
    const [answers, { reason, trouble }] = await Promise.all([
      this.ask(pod, node),
      this.troubles.explain(pod),
    ]);
    const down = reason !== undefined && !isRunning(pod);
    if (answers instanceof EmqxError) {
      if (answers.code === "EMQX_API_UNAUTHORIZED") refusals.push(answers);
      const why = trouble ?? (known.ready ? answers.message : undefined);
      return { ...known, reason, down, trouble: why, reachable: false };
    }
    if (!answers) {
      const silent = isRunning(pod) ? "EMQX does not answer in time" : undefined;
      return { ...known, reason, down, trouble: trouble ?? silent, reachable: false };
    }
    const { status, trouble: doubt, ...rest } = answers;
    return {
      ...known,
      reason,
      trouble: trouble ?? doubt,
      reachable: true,
      version: status.version,
      otpRelease: status.otp_release,
      edition: status.edition,
      connections: status.connections,
      liveConnections: status.live_connections,
      ...rest,
    };
  }

  /** A replicant's node is named by the pod's address: before it has one, nobody can be asked. */
  private nodeName({ metadata, status }: Pod): string {
    if (roleOf(metadata) === "core") return coreNodeName(this.site, metadata.name);
    return replicantNodeName(status?.podIP ?? metadata.name);
  }

  private async ask(pod: Pod, node: string) {
    if (!isRunning(pod)) return undefined;
    if (roleOf(pod.metadata) === "replicant" && !pod.status?.podIP) return undefined;
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
      this.refused = undefined;
      return;
    }
    this.refused = { why: refusal, since: this.refused?.since ?? Date.now() };
    if (Date.now() - this.refused.since > UNAUTHORIZED_PATIENCE) throw refusal;
  }

  private async control(): Promise<Control> {
    const { namespace } = this.site;
    const record = await this.kube.get({
      kind: "ConfigMap",
      namespace,
      name: names.rollout(this.site.name),
    });
    const value = record?.metadata.annotations?.[CONTROL_ANNOTATION];
    if (value === undefined || CONTROLS.includes(value)) return (value as Control) ?? null;
    if (value !== this.strange) {
      this.warn(
        `Expected annotation ${CONTROL_ANNOTATION} to be one of ${CONTROLS.join(", ")}, got \`${value.slice(0, 40)}\`: it is ignored.`,
      );
    }
    this.strange = value;
    return null;
  }
}

const isHttps = ({ metadata }: Pod): boolean =>
  metadata.annotations?.[SCHEME_ANNOTATION] === "https";

const keyOf = (pod: Pod): string => pod.metadata.uid ?? pod.metadata.name;

function isRunning({ spec, status }: Pod): boolean {
  const statuses = status?.containerStatuses ?? [];
  const container = emqxContainer(spec?.containers ?? statuses)?.name;
  return statuses.some(({ name, state }) => name === container && state?.running !== undefined);
}
