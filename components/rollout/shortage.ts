/** Why a set has fewer pods than it wants: a quota or an admission rule forbids them. */
import type { KubernetesClient } from "../kubernetes/client";
import type { Workload } from "../kubernetes/shapes";
import { redact } from "./redact";
import { lastWarningOf } from "./trouble";
import type { SetObservation } from "./types";

const MAX_LENGTH = 600;
/** Milliseconds between two looks at a set's events. */
const TTL = 5_000;
/** Milliseconds that Kubernetes gets to create the pods before anybody asks why not. */
const GRACE = 5_000;

export class Shortages {
  private readonly known = new Map<string, { since: number; asked: number; text?: string }>();

  constructor(
    private readonly kube: KubernetesClient,
    private readonly namespace: string,
  ) {}

  /** Writes `trouble` into the sets that lack pods for a while. */
  async explain(sets: SetObservation[], deployments: Workload[]): Promise<void> {
    const short = sets.filter((set) => !set.deleting && set.pods < set.replicas);
    const names = new Set(short.map(({ name }) => name));
    for (const name of this.known.keys()) if (!names.has(name)) this.known.delete(name);
    await Promise.all(short.map((set) => this.one(set, deployments)));
  }

  private async one(set: SetObservation, deployments: Workload[]): Promise<void> {
    const now = Date.now();
    const known = this.known.get(set.name) ?? { since: now, asked: 0 };
    this.known.set(set.name, known);
    if (now - known.since < GRACE) return;
    if (now - known.asked >= TTL) {
      known.asked = now;
      known.text = await this.why(set, deployments);
    }
    const text = known.text?.replace(/\s+/g, " ");
    if (text) set.trouble = redact(text).slice(0, MAX_LENGTH);
  }

  /** A StatefulSet tells by events only; a Deployment's ReplicaSet, whose name we don't know, by it. */
  private async why(set: SetObservation, deployments: Workload[]): Promise<string | undefined> {
    if (set.role === "core") {
      return lastWarningOf(this.kube, "StatefulSet", set.name, this.namespace);
    }
    const deployment = deployments.find(({ metadata }) => metadata.name === set.name);
    const failure = deployment?.status?.conditions?.find(
      ({ type, status }) => type === "ReplicaFailure" && status === "True",
    );
    return failure && `${failure.reason ?? ""}: ${failure.message ?? ""}`;
  }
}
