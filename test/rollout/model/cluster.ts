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
} from "../../../components/rollout/types";
import type { Eviction } from "./fleet";
import { ModelKubernetes, STEP, type ModelPod } from "./kubernetes";

export class Model extends ModelKubernetes implements Cluster, Clock {
  dashboardSelects: string | null = null;
  control: Control = null;
  writes: Action[] = [];
  evictions: Eviction[] = [];
  moves: Eviction[] = [];
  minReady = Infinity;
  watchReady = false;

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
      down: pod.broken,
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
