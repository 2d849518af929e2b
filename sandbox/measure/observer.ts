import { KubeClient } from "../node-agent/kube/client";
import { Reflector } from "../node-agent/kube/reflector";
import type { KubeObject } from "../node-agent/kube/types";
import { processAddress } from "../node-agent/network/addresses";
import type { ClusterLog, ObservedObject } from "./cluster-log";
import { watchEvacuations } from "./evacuation-watch";
import { INSTANCE, REVISION } from "./labels";
import type { ServiceSlice, WatchedPod, WatchedService } from "./objects";
import { emqxImage, isReady, isRunning, roleOf, setOf } from "./objects";
import { ServiceLog } from "./service-log";
import { dashboardService, listenersService, type Watched } from "./watched";

export type { Watched } from "./watched";

/** Watches one EMQX cluster through the API server and writes down what changes when. */
export class Observer {
  readonly log: ClusterLog = {
    objects: [],
    selections: [],
    dashboardSelections: [],
    endpoints: [],
    dashboardEndpoints: [],
    evacuations: [],
  };
  private readonly live = new Map<string, ObservedObject>();
  private readonly reflectors: Reflector<KubeObject>[] = [];
  private readonly pods = new Map<string, WatchedPod>();
  private readonly stopped = new AbortController();

  static async start(watched: Watched): Promise<Observer> {
    const client = await KubeClient.fromFile(watched.kubeconfig);
    const observer = new Observer(watched);
    await observer.follow(client);
    return observer;
  }

  private constructor(private readonly watched: Watched) {}

  /** Revision that the listeners Service selects now. */
  get selected(): string | null {
    return this.log.selections.at(-1)?.revision ?? null;
  }

  stop(): void {
    this.stopped.abort();
    for (const reflector of this.reflectors) reflector.stop();
  }

  private async follow(client: KubeClient): Promise<void> {
    const { namespace } = this.watched;
    const core = `/api/v1/namespaces/${namespace}`;
    const apps = `/apis/apps/v1/namespaces/${namespace}`;
    const { log } = this;
    const services = [
      new ServiceLog(listenersService(this.watched), log.selections, log.endpoints),
      new ServiceLog(
        dashboardService(this.watched),
        log.dashboardSelections,
        log.dashboardEndpoints,
      ),
    ];
    await Promise.all([
      this.watch<WatchedPod>(client, `${core}/pods`, {
        changed: (pod) => this.podChanged(pod),
        gone: (pod) => {
          this.pods.delete(pod.metadata.name);
          this.gone("Pod", pod);
        },
      }),
      this.watchKind(client, "StatefulSet", `${apps}/statefulsets`),
      this.watchKind(client, "Deployment", `${apps}/deployments`),
      this.watchKind(client, "ConfigMap", `${core}/configmaps`),
      this.watch<WatchedService>(client, `${core}/services`, {
        changed: (service) => services.forEach((each) => each.changed(service)),
        gone: (service) => services.forEach((each) => each.gone(service)),
      }),
      this.watch<ServiceSlice>(
        client,
        `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
        {
          changed: (slice) => services.forEach((each) => each.sliceChanged(slice)),
          gone: (slice) => services.forEach((each) => each.sliceGone(slice)),
        },
      ),
    ]);
    const hosts = (): string[] => this.cores();
    void watchEvacuations(client, this.watched, hosts, log.evacuations, this.stopped.signal);
  }

  /** Addresses of running cores, the youngest first: those are the ones that stay. */
  private cores(): string[] {
    return [...this.pods.values()]
      .filter((pod) => roleOf(pod) === "core" && isReady(pod) && !pod.metadata.deletionTimestamp)
      .map(({ status }) => processAddress(status?.podIP ?? ""))
      .reverse();
  }

  private watchKind(client: KubeClient, kind: ObservedObject["kind"], path: string): Promise<void> {
    return this.watch(client, path, {
      changed: (object) => void this.seen(kind, object),
      gone: (object) => this.gone(kind, object),
    });
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
    observed.image ??= emqxImage(pod);
    if (isRunning(pod)) observed.runningAt ??= Date.now();
    if (isReady(pod)) observed.readyAt ??= Date.now();
  }

  private seen(kind: ObservedObject["kind"], object: KubeObject): ObservedObject | undefined {
    const { metadata } = object;
    const revision = metadata.labels?.[REVISION];
    if (metadata.labels?.[INSTANCE] !== this.watched.cluster || !revision) return undefined;
    const key = `${kind}/${metadata.name}`;
    let observed = this.live.get(key);
    if (!observed) {
      const { name } = metadata;
      const set = setOf(kind, object);
      observed = { kind, name, revision, role: roleOf(object), set, seenAt: Date.now() };
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
}
