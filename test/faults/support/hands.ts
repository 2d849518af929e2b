/** What people, controllers and broken machines do to a cluster, done by a test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetProcess } from "../../../sandbox/load/process";
import type { ClusterNode } from "../../../sandbox/measure/emqx-api";
import { isNotFound, KubeError, MERGE_PATCH } from "../../../sandbox/node-agent/kube/client";
import type { KubeObject, Pod } from "../../../sandbox/node-agent/kube/types";
import type { PulumiResult } from "../../../sandbox/pulumi-cli";
import type { Scenario } from "../../../sandbox/scenario";
import { eventually, type Bench } from "../../e2e/support/cluster";
import { rolloutOf, type RolloutAt } from "../../e2e/support/faults";

/** Annotation by which the sandbox makes a node's host hang (docs/sandbox.md). */
const HUNG = "sandbox.pulumi-emqx/hung";

export class Hands {
  constructor(
    readonly bench: Bench,
    readonly scenario: Scenario,
  ) {}

  private get api() {
    return this.bench.api;
  }

  private path(plural: string, name: string): string {
    const group = GROUPS[plural] ?? "/api/v1";
    return `${group}/namespaces/${this.scenario.watched.namespace}/${plural}/${name}`;
  }

  get<T>(plural: string, name: string): Promise<T> {
    return this.api.get<T>(this.path(plural, name));
  }

  /** Undefined when it does not exist. */
  async find<T>(plural: string, name: string): Promise<T | undefined> {
    try {
      return await this.get<T>(plural, name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T>(plural: string): Promise<T[]> {
    const { items } = await this.api.get<{ items: T[] | null }>(this.path(plural, "").slice(0, -1));
    return items ?? [];
  }

  patch(plural: string, name: string, body: object): Promise<unknown> {
    return this.api.patch(this.path(plural, name), body, MERGE_PATCH);
  }

  create(plural: string, body: object): Promise<unknown> {
    return this.api.create(this.path(plural, "").slice(0, -1), body);
  }

  async remove(plural: string, name: string, options: object = {}): Promise<void> {
    await this.api.delete(this.path(plural, name), options);
  }

  /** Pods of a set that are not on their way out, in the order of their ordinals. */
  async podsOf(revision: string | null): Promise<Pod[]> {
    const pods = await this.bench.pods(this.scenario.watched);
    return pods
      .filter(({ metadata }) => metadata.labels?.["emqx.io/revision"] === revision)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  /** `name -> uid` of every pod. */
  async uids(): Promise<Record<string, string>> {
    const pods = await this.bench.pods(this.scenario.watched);
    return Object.fromEntries(pods.map(({ metadata }) => [metadata.name, metadata.uid]));
  }

  /** As a node that burns down: no grace, no goodbye. */
  async destroyPod(pod: Pod): Promise<void> {
    this.crash(pod);
    await this.remove("pods", pod.metadata.name, { gracePeriodSeconds: 0 });
  }

  /** SIGKILL for EMQX alone: Kubernetes starts the container again, with the pod's volumes. */
  crash(pod: Pod): void {
    const file = join(this.bench.sandbox.dir, "pods", pod.metadata.uid, "emqx.pid");
    const pid = Number(readFileSync(file, "utf8").split(" ")[0]);
    if (!Number.isInteger(pid) || pid <= 1) throw new Error(`Expected a pid in ${file}.`);
    process.kill(-pid, "SIGKILL");
  }

  /** A host that stands still, with all its pods and its kubelet, or goes on. */
  async hang(node: string, hung: boolean): Promise<void> {
    const annotations = { [HUNG]: hung ? "true" : null };
    await this.api.patch(`/api/v1/nodes/${node}`, { metadata: { annotations } }, MERGE_PATCH);
  }

  async cordon(node: string, unschedulable: boolean): Promise<void> {
    await this.api.patch(`/api/v1/nodes/${node}`, { spec: { unschedulable } }, MERGE_PATCH);
  }

  async nodes(): Promise<string[]> {
    const { items } = await this.api.get<{ items: KubeObject[] }>("/api/v1/nodes");
    return items.map(({ metadata }) => metadata.name);
  }

  /** `kubectl drain`: cordons and evicts, asking again as long as a budget refuses. */
  async drain(node: string, seconds = 120): Promise<{ evicted: string[]; refusals: number }> {
    await this.cordon(node, true);
    const deadline = Date.now() + seconds * 1000;
    const evicted = new Set<string>();
    let refusals = 0;
    for (;;) {
      const pods = (await this.bench.pods(this.scenario.watched)).filter(
        ({ spec }) => spec.nodeName === node,
      );
      if (pods.length === 0) return { evicted: [...evicted], refusals };
      if (Date.now() > deadline) throw new Error(`${node} was not drained in ${seconds} s.`);
      for (const { metadata } of pods) {
        if (metadata.deletionTimestamp) continue;
        if (await this.evict(metadata.name)) evicted.add(metadata.name);
        else refusals += 1;
      }
      await sleep(500);
    }
  }

  /** False when a disruption budget refuses. */
  async evict(name: string): Promise<boolean> {
    const { namespace } = this.scenario.watched;
    try {
      await this.api.create(`${this.path("pods", name)}/eviction`, {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name, namespace },
      });
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.status === 429) return false;
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  /** Sessions that a pod holds in memory, offline ones included, as a node of the cluster says. */
  async sessionsOn(pod: Pod): Promise<number> {
    const nodes = await this.bench.nodesSeenBy(this.scenario.watched, pod);
    const own = nodes.find(({ node }) => node.includes(`@${pod.metadata.name}.`));
    return (own as (ClusterNode & { connections?: number }) | undefined)?.connections ?? 0;
  }

  /** Waits until the upgrade is in a phase and more holds; throws when `pulumi up` ends before. */
  async reaches(
    phase: string | readonly string[],
    ended: () => PulumiResult | undefined,
    and: (rollout: RolloutAt) => boolean | Promise<boolean> = () => true,
  ): Promise<RolloutAt> {
    const phases = [phase].flat();
    for (;;) {
      const rollout = await rolloutOf(this.api, this.scenario);
      if (rollout && phases.includes(rollout.phase) && (await and(rollout))) return rollout;
      const result = ended();
      if (result) {
        throw new Error(`\`pulumi up\` ended before ${phases.join(" or ")}:\n${result.output}`);
      }
      await sleep(20);
    }
  }

  /**
   * `pulumi up` with a fault in its course: `strike` is called when the upgrade has come as far as
   * the phase. The result of the command, whether it succeeded or not.
   */
  async upWith(
    phase: string | readonly string[],
    strike: (rollout: RolloutAt, ended: () => PulumiResult | undefined) => Promise<unknown>,
    options: { and?: (rollout: RolloutAt) => boolean | Promise<boolean>; args?: string[] } = {},
  ): Promise<PulumiResult> {
    const run = this.scenario.stack.startUp(options.args);
    let result: PulumiResult | undefined;
    const end = run.result.then((answer) => (result = answer));
    try {
      const rollout = await this.reaches(phase, () => result, options.and);
      await strike(rollout, () => result);
    } catch (error) {
      run.kill();
      await end;
      throw new Error(`${(error as Error).message}\n${result?.output ?? ""}`, { cause: error });
    }
    return end;
  }
}

const GROUPS: Record<string, string> = {
  statefulsets: "/apis/apps/v1",
  controllerrevisions: "/apis/apps/v1",
  deployments: "/apis/apps/v1",
  leases: "/apis/coordination.k8s.io/v1",
  poddisruptionbudgets: "/apis/policy/v1",
};

/** Clients on the pods of a revision, as the fleet itself counts them. */
export function connectedTo(fleet: FleetProcess, cluster: string, revision: string): number {
  const { sample, pods } = fleet.latest() ?? { sample: { byPod: [] }, pods: [] };
  return pods
    .map((pod, index) => (pod.startsWith(`${cluster}-core-${revision}-`) ? sample.byPod[index] : 0))
    .reduce<number>((sum, count = 0) => sum + count, 0);
}

/** All clients are connected again; the last count when they are not in time. */
export async function allConnected(fleet: FleetProcess, clients: number): Promise<number> {
  const count = () => Promise.resolve(fleet.latest()?.sample.total ?? 0);
  return eventually(count, (total) => total === clients, 60);
}
