/** The Kubernetes of the model: sets, their pods, who is Ready, and what a deletion costs. */
import type { EvacuationState, Role } from "../../../components/rollout/types";
import type { ModelClient } from "./fleet";

export const STEP = 50;
/** Seconds after which a Service has dropped a pod whose probe fails. */
const UNREADY_MILLISECONDS = 2_500;

export interface ModelPod {
  pod: string;
  role: Role;
  node: string;
  revision: string;
  ordinal: number;
  /** Marked by `controller.kubernetes.io/pod-deletion-cost`. */
  cheap: boolean;
  readyAt: number;
  /** Virtual time at which a deleted pod is gone. */
  goneAt: number;
  state: EvacuationState;
  since: number;
  evacuatingSince: number;
  nextTick: number;
  rates: { conn: number; sess: number; takeover: number; health: number };
  migrateTo: string[] | null;
  connectedTotal: number;
  /** EMQX does not answer until this time. */
  silentUntil: number;
  broken: boolean;
}

export interface ModelSet {
  role: Role;
  name: string;
  revision: string;
  replicas: number;
  image: string;
  createdAt: number;
}

export interface Weather {
  /** Milliseconds until a pod is Ready. */
  startMilliseconds: () => number;
  stopMilliseconds: () => number;
  reconnectMilliseconds: () => number;
  pick: (below: number) => number;
  /** Called before each write and each look; may throw to kill the runner or break things. */
  disturb?: (model: ModelKubernetes, what: string) => void;
  brokenRevisions?: Set<string>;
  /** The release has no evacuation: its nodes' sessions end with them. */
  withoutEvacuation?: boolean;
}

/** Release of a set's image: the first letter of its revision, so that `a` and `ar` are one release. */
const releaseOf = (revision: string): string => revision.charAt(0);

export class ModelKubernetes {
  time = 1_000_000;
  sets: ModelSet[] = [];
  pods: ModelPod[] = [];
  clients: ModelClient[] = [];
  members = new Map<string, "running" | "stopped">();
  selects: string | null = null;
  violations: string[] = [];
  private started = 0;

  constructor(readonly weather: Weather) {}

  protected scale(name: string, replicas: number, victims: string[]): void {
    const set = this.sets.find((candidate) => candidate.name === name);
    if (!set) throw new Error(`no set ${name}`);
    for (const pod of this.pods) if (victims.includes(pod.pod)) pod.cheap = true;
    for (const pod of this.surplusOf(set, replicas)) this.checkDeletion(pod);
    set.replicas = replicas;
  }

  /** The pods that Kubernetes would delete for that number. */
  private surplusOf(set: ModelSet, replicas: number): ModelPod[] {
    const alive = this.pods.filter(
      (pod) => pod.revision === set.revision && pod.goneAt === Infinity,
    );
    if (set.role === "core") return alive.filter((pod) => pod.ordinal >= replicas);
    // kube-controller-manager's ranks: not Ready before Ready, then the deletion cost.
    return alive
      .sort(
        (a, b) =>
          Number(this.isReady(a)) - Number(this.isReady(b)) || Number(b.cheap) - Number(a.cheap),
      )
      .slice(0, Math.max(0, alive.length - replicas));
  }

  private checkDeletion(pod: ModelPod): void {
    if (!this.isUp(pod) || this.weather.withoutEvacuation) return;
    const held = this.clients.filter(
      (client) => client.node === pod.node || client.session === pod.node,
    ).length;
    if (held > 0)
      this.violations.push(`I3: ${pod.pod} deleted with ${held} connections or sessions`);
  }

  protected checkReleases(): void {
    const cores = this.pods.filter((pod) => pod.role === "core" && this.isUp(pod));
    for (const pod of this.pods) {
      if (pod.role === "core" || pod.broken || this.time < pod.readyAt) continue;
      if (cores.some((core) => releaseOf(core.revision) === releaseOf(pod.revision))) continue;
      this.violations.push(`${pod.pod} runs without a core of its release`);
    }
  }

  protected reconcileSets(): void {
    for (const set of this.sets) {
      if (set.role === "core") {
        for (let ordinal = 0; ordinal < set.replicas; ordinal += 1) this.start(set, ordinal);
      } else {
        const alive = this.pods.filter(
          (pod) => pod.revision === set.revision && pod.goneAt === Infinity,
        );
        for (let missing = set.replicas - alive.length; missing > 0; missing -= 1) {
          this.started += 1;
          this.start(set, this.started);
        }
      }
      for (const pod of this.surplusOf(set, set.replicas)) this.terminate(pod);
    }
    for (const pod of this.pods) {
      if (!this.isUp(pod) || this.members.get(pod.node) === "running") continue;
      if (this.members.has(pod.node)) this.violations.push(`${pod.node} joined under a stale name`);
      this.members.set(pod.node, "running");
    }
    this.pods = this.pods.filter((pod) => pod.goneAt > this.time);
  }

  private start(set: ModelSet, number: number): void {
    const pod = `${set.name}-${number}`;
    if (this.pods.some((candidate) => candidate.pod === pod)) return;
    const core = set.role === "core";
    this.pods.push({
      pod,
      role: set.role,
      node: core ? `emqx@${pod}` : `emqx@10.88.${Math.floor(number / 256)}.${number % 256}`,
      revision: set.revision,
      ordinal: core ? number : 0,
      cheap: false,
      readyAt: this.time + this.weather.startMilliseconds(),
      goneAt: Infinity,
      state: "disabled",
      since: this.time,
      evacuatingSince: this.time,
      nextTick: Infinity,
      rates: { conn: 1, sess: 1, takeover: 0, health: 0 },
      migrateTo: null,
      connectedTotal: 0,
      silentUntil: 0,
      broken: this.weather.brokenRevisions?.has(set.revision) ?? false,
    });
  }

  private terminate(pod: ModelPod): void {
    pod.goneAt = this.time + this.weather.stopMilliseconds();
    // A replicant vanishes; a core stays on the books until it is told to leave.
    if (pod.role === "replicant") this.members.delete(pod.node);
    else if (this.members.has(pod.node)) this.members.set(pod.node, "stopped");
    for (const client of this.clients) {
      if (client.node === pod.node) this.cut(client);
      if (client.session === pod.node) {
        client.session = null;
        if (client.persistent && !this.weather.withoutEvacuation) client.lost = true;
      }
    }
  }

  protected cut(client: ModelClient): void {
    client.node = null;
    client.disconnects += 1;
    client.retryAt = this.time + this.weather.reconnectMilliseconds();
  }

  isUp(pod: ModelPod): boolean {
    return !pod.broken && this.time >= pod.readyAt && pod.goneAt === Infinity;
  }

  isReady(pod: ModelPod): boolean {
    const evacuating = pod.state !== "disabled";
    return (
      this.isUp(pod) && !(evacuating && this.time - pod.evacuatingSince >= UNREADY_MILLISECONDS)
    );
  }

  endpoints(): ModelPod[] {
    return this.pods.filter((pod) => pod.revision === this.selects && this.isReady(pod));
  }
}
