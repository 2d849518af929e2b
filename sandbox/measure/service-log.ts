import { SERVICE_LABEL } from "../node-agent/network/hosts";
import type { KubeObject } from "../node-agent/kube/types";
import type { Endpoints, Selection } from "./cluster-log";
import { REVISION } from "./labels";
import type { ServiceSlice, WatchedService } from "./objects";

/** Writes down what one Service selects and which pods are ready behind it. */
export class ServiceLog {
  private readonly slices = new Map<string, ServiceSlice>();

  constructor(
    private readonly service: string,
    private readonly selections: Selection[],
    private readonly endpoints: Endpoints[],
  ) {}

  changed({ metadata, spec }: WatchedService): void {
    if (metadata.name === this.service) this.selects(spec.selector?.[REVISION] ?? null);
  }

  gone({ metadata }: KubeObject): void {
    if (metadata.name === this.service) this.selects(null);
  }

  sliceChanged(slice: ServiceSlice): void {
    if (slice.metadata.labels?.[SERVICE_LABEL] !== this.service) return;
    this.slices.set(slice.metadata.name, slice);
    this.endpointsChanged();
  }

  sliceGone({ metadata }: KubeObject): void {
    if (this.slices.delete(metadata.name)) this.endpointsChanged();
  }

  private selects(revision: string | null): void {
    const last = this.selections.at(-1);
    if (last?.revision !== revision) this.selections.push({ t: Date.now(), revision });
  }

  private endpointsChanged(): void {
    const pods = [...new Set([...this.slices.values()].flatMap(readyPods))].sort();
    const last = this.endpoints.at(-1);
    if (last?.pods.join() !== pods.join()) this.endpoints.push({ t: Date.now(), pods });
  }
}

function readyPods({ endpoints = [] }: ServiceSlice): string[] {
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .map(({ targetRef, addresses }) => targetRef?.name ?? addresses[0] ?? "");
}
