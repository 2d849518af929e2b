import { KubeClient } from "../node-agent/kube/client";
import { Reflector } from "../node-agent/kube/reflector";
import type { KubeObject } from "../node-agent/kube/types";
import { SERVICE_LABEL } from "../node-agent/network/hosts";
import type { ClusterLog, ObservedObject } from "./cluster-log";
import type { ServiceSlice, WatchedPod, WatchedService } from "./objects";

const REVISION = "emqx.io/revision";
const INSTANCE = "app.kubernetes.io/instance";

export interface Watched {
  kubeconfig: string;
  namespace: string;
  /** Name of the EMQX cluster. */
  cluster: string;
}

/** Watches one EMQX cluster through the API server and writes down what changes when. */
export class Observer {
  readonly log: ClusterLog = { objects: [], selections: [], endpoints: [] };
  private readonly live = new Map<string, ObservedObject>();
  private readonly reflectors: Reflector<KubeObject>[] = [];
  private readonly slices = new Map<string, ServiceSlice>();
  private readonly pods = new Map<string, WatchedPod>();

  static async start(watched: Watched): Promise<Observer> {
    const client = await KubeClient.fromFile(watched.kubeconfig);
    const observer = new Observer(watched);
    await observer.follow(client);
    return observer;
  }

  private constructor(private readonly watched: Watched) {}

  stop(): void {
    for (const reflector of this.reflectors) reflector.stop();
  }

  /** Revision that the listeners Service selects now. */
  get selected(): string | null {
    return this.log.selections.at(-1)?.revision ?? null;
  }

  private async follow(client: KubeClient): Promise<void> {
    const { namespace, cluster } = this.watched;
    const core = `/api/v1/namespaces/${namespace}`;
    const service = `${cluster}-listeners`;
    await Promise.all([
      this.watch<WatchedPod>(client, `${core}/pods`, {
        changed: (pod) => this.podChanged(pod),
        gone: (pod) => {
          this.pods.delete(pod.metadata.name);
          this.gone("Pod", pod);
        },
      }),
      this.watch(client, `/apis/apps/v1/namespaces/${namespace}/statefulsets`, {
        changed: (set) => void this.seen("StatefulSet", set),
        gone: (set) => this.gone("StatefulSet", set),
      }),
      this.watch(client, `${core}/configmaps`, {
        changed: (map) => void this.seen("ConfigMap", map),
        gone: (map) => this.gone("ConfigMap", map),
      }),
      this.watch<WatchedService>(client, `${core}/services`, {
        changed: ({ metadata, spec }) => {
          if (metadata.name === service) this.selects(spec.selector?.[REVISION] ?? null);
        },
        gone: ({ metadata }) => metadata.name === service && this.selects(null),
      }),
      this.watch<ServiceSlice>(
        client,
        `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
        {
          changed: (slice) => {
            if (slice.metadata.labels?.[SERVICE_LABEL] !== service) return;
            this.slices.set(slice.metadata.name, slice);
            this.endpointsChanged();
          },
          gone: ({ metadata }) => this.slices.delete(metadata.name) && this.endpointsChanged(),
        },
      ),
    ]);
  }

  private async watch<T extends KubeObject>(
    client: KubeClient,
    path: string,
    handlers: { changed: (object: T) => void; gone: (object: T) => void },
  ): Promise<void> {
    const reflector = new Reflector<T>(client, path, handlers, () => {});
    this.reflectors.push(reflector as unknown as Reflector<KubeObject>);
    await reflector.start();
  }

  private podChanged(pod: WatchedPod): void {
    const observed = this.seen("Pod", pod);
    if (!observed) return;
    this.pods.set(pod.metadata.name, pod);
    const ready = pod.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True");
    if (ready) observed.readyAt ??= Date.now();
  }

  private seen(kind: ObservedObject["kind"], { metadata }: KubeObject): ObservedObject | undefined {
    const revision = metadata.labels?.[REVISION];
    if (metadata.labels?.[INSTANCE] !== this.watched.cluster || !revision) return undefined;
    const key = `${kind}/${metadata.name}`;
    let observed = this.live.get(key);
    if (!observed) {
      observed = { kind, name: metadata.name, revision, seenAt: Date.now() };
      this.live.set(key, observed);
      this.log.objects.push(observed);
    }
    if (metadata.deletionTimestamp) observed.deletingAt ??= Date.now();
    return observed;
  }

  private gone(kind: ObservedObject["kind"], { metadata }: KubeObject): void {
    const key = `${kind}/${metadata.name}`;
    const observed = this.live.get(key);
    this.live.delete(key);
    if (observed) observed.goneAt = Date.now();
  }

  private selects(revision: string | null): void {
    const last = this.log.selections.at(-1);
    if (last?.revision !== revision) this.log.selections.push({ t: Date.now(), revision });
  }

  private endpointsChanged(): void {
    const pods = [...this.slices.values()].flatMap(readyPods).sort();
    const last = this.log.endpoints.at(-1);
    if (last?.pods.join() !== pods.join()) this.log.endpoints.push({ t: Date.now(), pods });
  }
}

function readyPods({ endpoints = [] }: ServiceSlice): string[] {
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .map(({ targetRef, addresses }) => targetRef?.name ?? addresses[0] ?? "");
}
