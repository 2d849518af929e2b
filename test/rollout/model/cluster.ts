/**
 * A model of Kubernetes plus EMQX with a virtual clock, for properties of the rules and the engine.
 * It keeps EMQX's tick arithmetic (one batch at once, then one a second), StatefulSets that shrink
 * from the top, Deployments that give up unready and cheap pods first, readiness that follows the
 * evacuation, replicants that need a core of their release, and clients that reconnect by the Service.
 */
import type {
  Action,
  Clock,
  Cluster,
  Control,
  EvacuationState,
  NodeObservation,
  Observation,
  Role,
} from "../../../components/rollout/types";
import type { Eviction, ModelClient } from "./fleet";

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
  disturb?: (model: Model, what: string) => void;
  brokenRevisions?: Set<string>;
  /** The release has no evacuation: its nodes' sessions end with them. */
  withoutEvacuation?: boolean;
}

/** Release of a set's image: the first letter of its revision, so that `a` and `ar` are one release. */
const releaseOf = (revision: string): string => revision.charAt(0);

export class Model implements Cluster, Clock {
  time = 1_000_000;
  sets: ModelSet[] = [];
  pods: ModelPod[] = [];
  clients: ModelClient[] = [];
  members = new Map<string, "running" | "stopped">();
  selects: string | null = null;
  dashboardSelects: string | null = null;
  control: Control = null;
  writes: Action[] = [];
  evictions: Eviction[] = [];
  moves: Eviction[] = [];
  violations: string[] = [];
  minReady = Infinity;
  private started = 0;
  watchReady = false;

  constructor(readonly weather: Weather) {}

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    while (this.time < end) this.step();
  }

  // -- Cluster -----------------------------------------------------------------------------------

  async observe({ preflight }: { preflight: boolean }): Promise<Observation> {
    this.weather.disturb?.(this, "observe");
    return {
      sets: this.sets.map((set) => ({
        ...set,
        pods: this.pods.filter((pod) => pod.revision === set.revision).length,
        deleting: false,
      })),
      nodes: this.pods.map((pod) => this.observeNode(pod)),
      service: {
        exists: true,
        selects: this.selects,
        dashboardSelects: this.dashboardSelects,
        readyPods: this.endpoints().map((pod) => pod.pod),
      },
      control: this.control,
      preflight: preflight
        ? {
            missingPermissions: [],
            evacuationApi: !this.weather.withoutEvacuation,
            foreignRebalances: [],
            licenseConfigured: true,
          }
        : undefined,
    };
  }

  private observeNode(pod: ModelPod): NodeObservation {
    const base = {
      pod: pod.pod,
      role: pod.role,
      node: pod.node,
      revision: pod.revision,
      ordinal: pod.ordinal,
      ready: this.isReady(pod),
      terminating: pod.goneAt < Infinity,
      reason: pod.broken ? "ImagePullBackOff" : undefined,
    };
    if (!this.isUp(pod) || this.time < pod.silentUntil) return { ...base, reachable: false };
    const live = this.clients.filter((client) => client.node === pod.node).length;
    const away = this.clients.filter(
      (client) => client.session === pod.node && client.node === null,
    ).length;
    return {
      ...base,
      reachable: true,
      version: "6.1.0",
      connections: live + away,
      liveConnections: live,
      connectedTotal: pod.connectedTotal,
      evacuation: {
        state: this.weather.withoutEvacuation ? "unsupported" : pod.state,
        connEvictRate: pod.state === "disabled" ? undefined : pod.rates.conn,
        sessEvictRate: pod.state === "disabled" ? undefined : pod.rates.sess,
        recipients: pod.state === "disabled" ? undefined : this.recipients(pod),
      },
      view: Object.fromEntries(this.members),
    };
  }

  async act(action: Action): Promise<void> {
    this.weather.disturb?.(this, action.do);
    if (action.do !== "inspect") this.writes.push(action);
    switch (action.do) {
      case "createSet":
        this.sets.push({
          role: action.role,
          name: `c-${action.role}-${action.revision}`,
          revision: action.revision,
          replicas: action.replicas,
          image: "emqx/emqx:6.1.0",
          createdAt: this.time,
        });
        break;
      case "scaleSet":
        this.scale(action.set, action.replicas, action.victims ?? []);
        break;
      case "select":
        this.selects = action.revision;
        this.dashboardSelects = action.core;
        break;
      case "evacuate":
        this.evacuate(action);
        break;
      case "stopEvacuation": {
        const pod = this.pods.find((candidate) => candidate.node === action.node);
        if (pod) pod.state = "disabled";
        break;
      }
      case "deleteSet":
        if (this.pods.some((pod) => pod.revision === action.revision))
          this.violations.push(`deleted set ${action.revision} that has pods`);
        this.sets = this.sets.filter((set) => set.revision !== action.revision);
        break;
      case "forceLeave":
        if (this.members.get(action.node) === "running")
          this.violations.push(`force_leave of running ${action.node}`);
        this.members.delete(action.node);
        break;
      case "clearControl":
        this.control = null;
        break;
      case "configure":
      case "renewLicense":
      case "inspect":
        break;
    }
    this.weather.disturb?.(this, `after ${action.do}`);
  }

  private scale(name: string, replicas: number, victims: string[]): void {
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

  private evacuate(action: Extract<Action, { do: "evacuate" }>): void {
    const pod = this.pods.find((candidate) => candidate.node === action.node);
    if (!pod || !this.isUp(pod)) return;
    if (pod.state !== "disabled") return; // already_started: accepted, parameters unchanged
    const unavailable = action.migrateTo.some((name) => this.members.get(name) !== "running");
    if (unavailable) return; // 400 Nodes unavailable
    for (const name of action.migrateTo) {
      const recipient = this.pods.find((candidate) => candidate.node === name);
      // A selector that was stolen after the look (null) is the thief's doing.
      if (recipient && this.selects !== null && recipient.revision !== this.selects)
        this.violations.push(`${name} receives sessions but does not serve`);
    }
    pod.rates = {
      conn: action.connEvictRate,
      sess: action.sessEvictRate,
      takeover: action.waitTakeover,
      health: action.waitHealthCheck,
    };
    pod.migrateTo = action.migrateTo;
    this.enter(pod, action.waitHealthCheck > 0 ? "waiting_health_check" : "evicting_conns");
  }

  private enter(pod: ModelPod, state: EvacuationState): void {
    if (pod.state === "disabled") pod.evacuatingSince = this.time;
    pod.state = state;
    pod.since = this.time;
    pod.nextTick = this.time;
  }

  // -- time --------------------------------------------------------------------------------------

  private step(): void {
    this.time += STEP;
    this.reconcileSets();
    for (const pod of this.pods) this.stepEvacuation(pod);
    this.checkReleases();
    this.reconnect();
    if (this.watchReady) this.minReady = Math.min(this.minReady, this.endpoints().length);
  }

  private checkReleases(): void {
    const cores = this.pods.filter((pod) => pod.role === "core" && this.isUp(pod));
    for (const pod of this.pods) {
      if (pod.role === "core" || pod.broken || this.time < pod.readyAt) continue;
      if (cores.some((core) => releaseOf(core.revision) === releaseOf(pod.revision))) continue;
      this.violations.push(`${pod.pod} runs without a core of its release`);
    }
  }

  private reconcileSets(): void {
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

  private stepEvacuation(pod: ModelPod): void {
    if (!this.isUp(pod)) return;
    const age = this.time - pod.since;
    if (pod.state === "waiting_health_check" && age >= pod.rates.health * 1000)
      this.enter(pod, "evicting_conns");
    if (pod.state === "waiting_takeover" && age >= pod.rates.takeover * 1000)
      this.enter(pod, "evicting_sessions");
    if (this.time < pod.nextTick) return;
    if (pod.state === "evicting_conns") {
      const live = this.clients.filter((client) => client.node === pod.node);
      pod.nextTick = this.time + 1000;
      if (live.length === 0) return this.enter(pod, "waiting_takeover");
      for (const client of live.slice(0, pod.rates.conn)) {
        this.evictions.push({ at: this.time, node: pod.node });
        this.cut(client);
      }
    }
    if (pod.state === "evicting_sessions") {
      const left = this.clients.filter((client) => client.session === pod.node);
      pod.nextTick = this.time + 1000;
      if (left.length === 0) return this.enter(pod, "prohibiting");
      const targets = this.recipients(pod);
      if (targets.length === 0) {
        pod.nextTick = this.time + 30_000;
        return;
      }
      for (const client of left.slice(0, pod.rates.sess)) {
        this.moves.push({ at: this.time, node: pod.node });
        client.session = targets[this.weather.pick(targets.length)] ?? null;
      }
    }
  }

  private recipients(pod: ModelPod): string[] {
    const names = pod.migrateTo ?? [...this.members.keys()];
    return names.filter((name) => {
      const candidate = this.pods.find((other) => other.node === name);
      return (
        candidate && name !== pod.node && this.isUp(candidate) && candidate.state === "disabled"
      );
    });
  }

  private reconnect(): void {
    const targets = this.endpoints();
    for (const client of this.clients) {
      if (client.node !== null || client.retryAt > this.time) continue;
      const pod = targets[this.weather.pick(Math.max(1, targets.length))];
      const refuses = pod && !["disabled", "waiting_health_check"].includes(pod.state);
      if (!pod || refuses) {
        client.retryAt = this.time + this.weather.reconnectMilliseconds();
        continue;
      }
      client.node = pod.node;
      client.session = client.persistent ? pod.node : null;
      pod.connectedTotal += 1;
    }
  }

  private cut(client: ModelClient): void {
    client.node = null;
    client.disconnects += 1;
    client.retryAt = this.time + this.weather.reconnectMilliseconds();
  }

  // -- questions ---------------------------------------------------------------------------------

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

  addClients(count: number, persistentShare: number, offlineShare: number): void {
    for (let id = 0; id < count; id += 1) {
      const persistent = this.weather.pick(100) < persistentShare;
      const stays = persistent && this.weather.pick(100) < offlineShare;
      const pods = this.endpoints();
      const pod = pods[this.weather.pick(pods.length)];
      if (!pod) throw new Error("no endpoint for the model's clients");
      this.clients.push({
        id,
        persistent,
        node: stays ? null : pod.node,
        session: persistent ? pod.node : null,
        retryAt: stays ? Infinity : 0,
        disconnects: 0,
        lost: false,
      });
    }
  }
}

/** Most events of any window of `milliseconds`. */
export function densest(events: Eviction[], milliseconds: number): number {
  let most = 0;
  let first = 0;
  events.forEach((event, last) => {
    while (event.at - (events[first]?.at ?? 0) >= milliseconds) first += 1;
    most = Math.max(most, last - first + 1);
  });
  return most;
}
