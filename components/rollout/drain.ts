/**
 * How blue is drained: pure arithmetic over what is observed.
 *
 * The user's rates bound the whole cluster, while EMQX knows only rates per node that are fixed
 * when an evacuation starts. So nodes go through a no-wait line of two stages, each stage holding
 * one node at a time at the full rate: connections, then (after `waitTakeover`) sessions. A node
 * starts as soon as neither of its stages will overlap those of the nodes before it.
 */
import type { Held, NodeObservation, Strategy } from "./types";

type Rates = Pick<Strategy, "connEvictRate" | "sessEvictRate" | "waitTakeover" | "waitHealthCheck">;

/** Seconds that a silent node keeps its place in the line; its evacuation may be running unseen. */
export const SILENCE_SECONDS = 60;

/** A node must show an empty channel table for this long before it counts as empty without evacuation. */
export const EMPTY_MILLISECONDS = 2000;

/** A container must have been down this long, for Kubernetes and for EMQX, before its node counts as lost. */
export const LOST_MILLISECONDS = 30_000;

/** Whole seconds that EMQX's one-second ticks take for `count` at `rate` a tick. */
const ticks = (count: number, rate: number): number => Math.ceil(Math.max(0, count) / rate);

export const state = (node: NodeObservation) =>
  node.reachable ? (node.evacuation?.state ?? "unknown") : "unknown";

/** An evacuation runs on it, as far as it says. */
export const isEvacuating = (node: NodeObservation): boolean =>
  !["disabled", "unsupported", "unknown"].includes(state(node));

/** Not known to be down, nor on its way out: what it holds is still there. */
export const isUp = ({ down, terminating }: NodeObservation): boolean => !down && !terminating;

export const live = (node: NodeObservation): number => node.liveConnections ?? 0;

/** Offline sessions on a node now. */
export const offline = (node: NodeObservation): number =>
  Math.max(0, (node.connections ?? 0) - live(node));

/** Names of the conditions that `drain` wants to know the age of. */
export function drainConditions(nodes: NodeObservation[]): Record<string, boolean> {
  const result: Record<string, boolean> = {};
  for (const node of nodes) {
    result[`${node.node} ${state(node)}`] = true;
    result[`${node.node} down`] = !node.reachable && !!node.down;
    result[`${node.node} empty`] = node.reachable && node.connections === 0 && live(node) === 0;
  }
  return result;
}

/** Milliseconds for which a condition of a node has held, such as `down`; 0 when it does not hold. */
export const heldFor = (held: Held, node: NodeObservation, what: string): number =>
  held[`${node.node} ${what}`] ?? 0;

const heldSeconds = (held: Held, node: NodeObservation, what: string): number =>
  heldFor(held, node, what) / 1000;

/**
 * A node has nothing left to lose. Never by `prohibiting` alone, and `evicting_sessions` is enough
 * when the channel table stays empty: with durable sessions EMQX counts the whole cluster's
 * disconnected sessions and never gets to `prohibiting` (facts: emqx-api.md, trap 6).
 */
export function isDrained(node: NodeObservation, held: Held): boolean {
  if (!node.reachable || node.liveConnections !== 0) return false;
  if (state(node) === "prohibiting") return true;
  return state(node) === "evicting_sessions" && isEmpty(node, held);
}

/** Nobody is connected and no session is kept, for long enough to believe it. */
export function isEmpty(node: NodeObservation, held: Held): boolean {
  return heldFor(held, node, "empty") >= EMPTY_MILLISECONDS;
}

/** Its container has been down for Kubernetes, and silent for EMQX, for so long that it holds nothing any more. */
export function isLost(node: NodeObservation, held: Held): boolean {
  return heldFor(held, node, "down") >= LOST_MILLISECONDS;
}

/** What is on a node that will be drained. */
export interface Load {
  connections: number;
  /** Sessions expected to stay behind, i.e. offline ones. */
  sessions: number;
}

export interface Forecast {
  /** Seconds until each node that has not started may start; 0 means now. */
  startIn: Map<string, number>;
  /** Seconds until the last node is drained. */
  etaSeconds: number;
}

/**
 * Walks the line from what is observed: first the nodes that have started, then the others in
 * the given order. `sessionsAtStart` corrects the nominal session rate by what a node achieves.
 */
export function forecast(
  nodes: NodeObservation[],
  rates: Rates,
  held: Held,
  sessionsAtStart: Map<string, number> = new Map(),
): Forecast {
  let connectionsFree = 0;
  let sessionsFree = 0;
  const waiting: NodeObservation[] = [];
  let cuts = 0;
  for (const node of nodes) {
    if (isDrained(node, held)) continue;
    if (state(node) === "unsupported") {
      cuts += isEmpty(node, held) ? 0 : 1;
      continue;
    }
    const stage = stageEnds(node, rates, held, sessionsAtStart.get(node.node));
    if (!stage) waiting.push(node);
    else {
      connectionsFree = Math.max(connectionsFree, stage.connections);
      sessionsFree = Math.max(sessionsFree, stage.sessions);
    }
  }
  const loads = waiting.map((node) => ({ connections: live(node), sessions: offline(node) }));
  const { offsets, total } = line(loads, rates, connectionsFree, sessionsFree);
  return {
    startIn: new Map(waiting.map((node, index) => [node.node, offsets[index] ?? 0])),
    etaSeconds: total + cuts * rates.waitTakeover,
  };
}

/**
 * The no-wait line: when each node may start, given when the stages become free, and when the
 * last session has been moved. All in seconds from now.
 */
export function line(
  loads: Load[],
  rates: Rates,
  connectionsFree = 0,
  sessionsFree = 0,
): { offsets: number[]; total: number } {
  const offsets = loads.map((load) => {
    const eviction = rates.waitHealthCheck + ticks(load.connections, rates.connEvictRate);
    const start = Math.max(connectionsFree, sessionsFree - eviction - rates.waitTakeover, 0);
    connectionsFree = start + eviction;
    sessionsFree = connectionsFree + rates.waitTakeover + ticks(load.sessions, rates.sessEvictRate);
    return start;
  });
  return { offsets, total: Math.max(connectionsFree, sessionsFree) };
}

/** Seconds until a started node frees either stage; undefined when it has not started. */
function stageEnds(
  node: NodeObservation,
  rates: Rates,
  held: Held,
  sessionsAtStart: number | undefined,
): { connections: number; sessions: number } | undefined {
  const takeover = rates.waitTakeover;
  const eviction = ticks(live(node), rates.connEvictRate);
  const sessions = ticks(offline(node), rates.sessEvictRate);
  switch (state(node)) {
    case "disabled":
    case "unsupported":
      return undefined;
    case "unknown": {
      // It may be evicting: the rates are kept by waiting, but not for ever.
      const left = SILENCE_SECONDS - heldSeconds(held, node, "unknown");
      return left > 0 ? { connections: left, sessions: left } : { connections: 0, sessions: 0 };
    }
    case "waiting_health_check": {
      const wait = rates.waitHealthCheck - heldSeconds(held, node, "waiting_health_check");
      const end = Math.max(1, wait) + eviction;
      return { connections: end, sessions: end + takeover + sessions };
    }
    case "evicting_conns": {
      // With no client left the stage still ends with the next tick only, which keeps one second
      // between the last batch of this node and the first of the next.
      const end = Math.max(1, eviction);
      return { connections: end, sessions: end + takeover + sessions };
    }
    case "waiting_takeover": {
      const wait = Math.max(0, takeover - heldSeconds(held, node, "waiting_takeover"));
      return { connections: 0, sessions: wait + sessions };
    }
    case "evicting_sessions": {
      const seconds = heldSeconds(held, node, "evicting_sessions");
      const moved = (sessionsAtStart ?? 0) - offline(node);
      const seen = seconds > 2 && moved > 0 ? moved / seconds : rates.sessEvictRate;
      const rate = Math.max(1, Math.min(rates.sessEvictRate, seen));
      // The next batch may be a second away, and one more must pass before another node moves any.
      return { connections: 0, sessions: ticks(offline(node), rate) + 1 };
    }
    case "prohibiting":
      // Not drained, so a client is still connected: it goes by itself or by the next look.
      return { connections: 0, sessions: 1 };
  }
}

/**
 * Seconds from the switch of the Service until the last node is drained; nodes without
 * connections and sessions are not evacuated and cost nothing.
 */
export function estimate(loads: Load[], strategy: Strategy): number {
  const busy = loads.filter((load) => load.connections + load.sessions > 0);
  return strategy.initialDelaySeconds + line(busy, strategy).total;
}
