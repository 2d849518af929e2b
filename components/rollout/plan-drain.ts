/** One step of the drain: what to start, what to correct, which pods to give up. Pure. */
import { forecast, heldFor, isUp, live, offline, state } from "./drain";
import type { Look } from "./look";
import { RETURN_MILLISECONDS } from "./returns";
import { nodesOf } from "./sides";
import type { Action, Decision, NodeObservation, Progress, SetObservation } from "./types";

/**
 * Seconds that a node which the Service still lists goes on accepting clients: its readiness probe
 * (every 2 s, one failure) must have taken it out before it refuses anybody.
 */
export const LEAVE_SERVICE_SECONDS = 5;

const MOVING = ["waiting_health_check", "evicting_conns", "waiting_takeover", "evicting_sessions"];

/** `hold`: begin nothing and delete nothing, since green cannot take everybody just now. */
export function planDrain(seen: Look, { hold }: { hold: boolean }): Decision {
  const corrections = hold ? rescue(seen) : retarget(seen);
  const actions = hold
    ? corrections
    : [...shrink(seen), ...corrections, ...starts(seen, corrections), ...forget(seen)];
  return {
    phase: seen.allDrained ? "Retire" : "Evacuate",
    actions,
    waitingFor: seen.allDrained ? ends(seen) : describe(seen),
    progress: progress(seen),
    ...(hold && { holding: true }),
  };
}

/** Nothing of ours scales away a pod that no set owns. */
function ends({ strays, leaving }: Look): string {
  const own = strays.filter((node) => !node.terminating).map(({ pod }) => pod);
  if (own.length === 0 || leaving.length > strays.length) return "blue pods to end";
  return `somebody to delete ${own.join(", ")}: drained, but the set that owned ${own.length > 1 ? "them" : "it"} is gone`;
}

export const stop = ({ node, pod }: NodeObservation): Action => ({
  do: "stopEvacuation",
  node,
  pod,
});

/**
 * With no green node left to go to, evicting clients would only cut them off; while one that takes
 * clients is silent, nobody can tell whether they come back.
 */
function rescue(seen: Look): Action[] {
  const { staying, leaving, serving, held } = seen;
  if (!staying.some((node) => node.ready)) {
    return leaving.filter((node) => MOVING.includes(state(node))).map(stop);
  }
  const silent = (node: NodeObservation) => heldFor(held, node, "unknown") >= RETURN_MILLISECONDS;
  return serving.staying.some(silent) ? stopEvicting(seen) : [];
}

/** Nobody else is cut; sessions may go on being moved. */
export const stopEvicting = ({ leaving }: Look): Action[] =>
  leaving
    .filter((node) => ["waiting_health_check", "evicting_conns"].includes(state(node)))
    .map(stop);

/**
 * EMQX forgets `migrate_to` when an evacuating node restarts, and then sends sessions to nodes
 * that leave; a person or an earlier run may have started with other rates. Rates and targets are
 * fixed at the start, so both are cured by a stop here and a start at the next look.
 */
function retarget({ leaving, desired, held }: Look): Action[] {
  const leavingNames = new Set(leaving.map((node) => node.node));
  const { connEvictRate, sessEvictRate } = desired.strategy;
  // Nodes that have to begin together share the rates, so a lower one is as wanted.
  const other = (seen: number | undefined, wanted: number) =>
    seen !== undefined && (desired.evictsAtOnce ? seen > wanted : seen !== wanted);
  return leaving
    .filter((node) => {
      const evacuation = node.evacuation;
      if (!evacuation || !MOVING.includes(evacuation.state)) return false;
      if (evacuation.recipients?.some((name) => leavingNames.has(name))) return true;
      if (heldFor(held, node, "stranded") >= STRANDED) return true;
      if (evacuation.state === "waiting_takeover" || evacuation.state === "evicting_sessions") {
        return other(evacuation.sessEvictRate, sessEvictRate);
      }
      return other(evacuation.connEvictRate, connEvictRate);
    })
    .map(stop);
}

/** Milliseconds without a recipient after which they are taken for gone: EMQX leaves out who is unavailable just now. */
export const STRANDED = 30_000;

/** None of those who stay is among its recipients, as when replicants' pods were replaced, though it sees them. */
export function isStranded(
  { evacuation, view = {} }: NodeObservation,
  staying: NodeObservation[],
): boolean {
  const takers = staying.map(({ node }) => node).filter((name) => view[name] === "running");
  const recipients = evacuation?.recipients;
  return !!recipients && takers.length > 0 && !takers.some((name) => recipients.includes(name));
}

/** Milliseconds between two batches of one of EMQX's evacuations. */
const BATCH = 1_000;

/** Its last batch may be less than a second old: the next one, of whichever node, would double the rate. */
const justStopped = (node: NodeObservation, { held }: Look): boolean =>
  state(node) === "disabled" && (held[`${node.node} disabled`] ?? BATCH) < BATCH;

function starts(seen: Look, corrections: Action[]): Action[] {
  if (corrections.length > 0) return [];
  if (seen.observation.nodes.some((node) => justStopped(node, seen))) return [];
  const { leaving, desired, serving } = seen;
  const migrateTo = serving.staying.map((node) => node.node);
  const { strategy } = desired;
  const line = leaving.filter((node) => !seen.drained(node));
  const { startIn } = forecast(line, strategy, seen.held, sessionsAtStart(seen));
  const start = (node: NodeObservation, waitHealthCheck: number, sharers = 1): Action => ({
    do: "evacuate",
    node: node.node,
    pod: node.pod,
    connEvictRate: Math.max(1, Math.floor(strategy.connEvictRate / sharers)),
    sessEvictRate: Math.max(1, Math.floor(strategy.sessEvictRate / sharers)),
    waitTakeover: strategy.waitTakeover,
    waitHealthCheck,
    migrateTo,
  });
  const waiting = line.filter((node) => state(node) === "disabled");
  const inService = waiting.filter((node) => seen.surplus(node));
  if (inService.length === 0) {
    const next = waiting.find((node) => startIn.get(node.node) === 0);
    return next ? [start(next, strategy.waitHealthCheck)] : [];
  }
  // Nodes that the Service lists must all be dropped by it at once, or clients would move from one
  // leaving node to the next. EMQX's own wait keeps each node's place in the line; a release
  // without it makes them go side by side.
  if (desired.evictsAtOnce) {
    const sharers = line.filter((node) => seen.surplus(node)).length;
    return inService.map((node) => start(node, 0, sharers));
  }
  const base = Math.max(strategy.waitHealthCheck, LEAVE_SERVICE_SECONDS);
  return inService.map((node) => start(node, base + Math.ceil(startIn.get(node.node) ?? 0)));
}

/**
 * Up, but silent. What clients have sent it by now it will route as it knew the cluster before it
 * hung, to nodes that have been drained since: those have to be there until it is back.
 */
export const hangs = (node: NodeObservation): boolean => !node.reachable && isUp(node);

/** Milliseconds that a node which was silent gets to route what it had taken in: it answers before it has. */
export const ROUTED = 5_000;

/** Who has nothing left goes; a core not before the last replicant that leaves, which may need it. */
function shrink(seen: Look): Action[] {
  const { outgoing, sides, blue, held } = seen;
  if ((held.answering ?? 0) < ROUTED) return [];
  const floors = new Map(outgoing.map((set) => [set, 0]));
  for (const { target, replicas } of sides) {
    if (target && target.replicas > replicas) floors.set(target, replicas);
  }
  // A Deployment may be replacing its last pod: there is none at this look, and one at the next.
  const replicantsLeave =
    blue.some((node) => node.role === "replicant") ||
    outgoing.some((set) => set.role === "replicant" && set.replicas > 0);
  return [...floors].flatMap(([set, floor]): Action[] => {
    const { role, name, revision } = set;
    if (set.deleting) return [];
    if (role === "core" && floor === 0 && replicantsLeave) return [];
    const shrunk = role === "core" ? shrinkCores(seen, set, floor) : giveUp(seen, set, floor);
    if (shrunk) return [shrunk];
    if (floor > 0 || set.replicas > 0 || set.pods > 0) return [];
    return [{ do: "deleteSet", role, set: name, revision }];
  });
}

/** A StatefulSet shrinks from the top, so a node goes when it and all above it have nothing left. */
function shrinkCores(seen: Look, set: SetObservation, floor: number): Action | undefined {
  const nodes = new Map(nodesOf(seen.observation, set).map((node) => [node.ordinal, node]));
  const mayGo = (ordinal: number) => {
    const node = nodes.get(ordinal);
    return !node || seen.drained(node);
  };
  let replicas = set.replicas;
  while (replicas > floor && mayGo(replicas - 1)) replicas -= 1;
  if (replicas === set.replicas) return undefined;
  return { do: "scaleSet", role: "core", set: set.name, replicas };
}

/**
 * A Deployment gives up pods that are not Ready first, and among those the ones that are marked for
 * it: so a Ready one can go only when all that stay for now are Ready and none is about to cease to
 * be. While it replaces a pod, its number says nothing.
 */
function giveUp(seen: Look, set: SetObservation, floor: number): Action | undefined {
  const alive = nodesOf(seen.observation, set).filter((node) => !node.terminating);
  if (alive.length !== set.replicas) return undefined;
  const mayGo = (node: NodeObservation) => seen.leaving.includes(node) && seen.drained(node);
  const shaky = alive.some(
    (node) => !mayGo(node) && (!node.ready || !["disabled", "unsupported"].includes(state(node))),
  );
  const victims = alive
    .filter((node) => mayGo(node) && !(shaky && node.ready))
    .sort((a, b) => Number(a.ready) - Number(b.ready))
    .slice(0, set.replicas - floor)
    .map((node) => node.pod);
  if (victims.length === 0) return undefined;
  const replicas = set.replicas - victims.length;
  return { do: "scaleSet", role: "replicant", set: set.name, replicas, victims };
}

/** Milliseconds that a node which never served may be silent before it is taken to hold nobody. */
export const MUTE = 10_000;

/** Removes sets at once; replicants end before the cores that they depend on. */
export function dispose(seen: Look): Action[] {
  // Somebody may have moved sessions to it: it has to say that it holds none.
  const mute = (node: NodeObservation) => hangs(node) && heldFor(seen.held, node, "unknown") < MUTE;
  const replicants = seen.disposable.filter((set) => set.role === "replicant" && set.pods > 0);
  return seen.disposable.flatMap((set): Action[] => {
    const { role, name, revision } = set;
    if (role === "core" && replicants.length > 0) return [];
    if (nodesOf(seen.observation, set).some(mute)) return [];
    if (set.replicas > 0) return [{ do: "scaleSet", role, set: name, replicas: 0 }];
    return set.pods === 0 ? [{ do: "deleteSet", role, set: name, revision }] : [];
  });
}

/** A removed core stays in EMQX's cluster as stopped until it is told to leave; any other node can be asked. */
export function forget({ forgotten, observation }: Look): Action[] {
  const via = observation.nodes
    .filter((node) => node.reachable && !node.terminating)
    .sort((a, b) => Number(b.ready) - Number(a.ready))
    .map((node) => node.pod);
  return forgotten.map((node) => ({ do: "forceLeave", node, via }));
}

const sessionsAtStart = ({ entry }: Look): Map<string, number> =>
  new Map(entry?.nodes.map((figures) => [figures.node, figures.sessions]));

function progress(seen: Look): Progress {
  const { leaving, entry, desired, held } = seen;
  const drained = leaving.filter((node) => seen.drained(node)).length;
  const total = Math.max(entry?.nodes.length ?? 0, leaving.length);
  const sum = (count: (node: NodeObservation) => number) =>
    leaving.reduce((all, node) => all + count(node), 0);
  const connectionsLeft = sum(live);
  const recorded = (entry?.nodes ?? []).reduce((all, figures) => all + figures.connections, 0);
  const remaining = leaving.filter((node) => !seen.drained(node));
  return {
    drained: total - leaving.length + drained,
    leaving: total,
    connectionsLeft,
    sessionsLeft: sum(offline),
    connectionsAtStart: Math.max(recorded, connectionsLeft),
    figures: leaving
      .filter((node) => node.reachable)
      .map((node) => ({
        node: node.node,
        connections: live(node),
        sessions: offline(node),
        ...stillAway(node, seen),
      })),
    etaSeconds: forecast(remaining, desired.strategy, held, sessionsAtStart(seen)).etaSeconds,
  };
}

/** Evicted clients that have not come back by the end of waitTakeover: EMQX may cut them once more. */
function stillAway(node: NodeObservation, { entry, held, desired }: Look): { away?: number } {
  const known = entry?.nodes.find((figures) => figures.node === node.node);
  const waited = heldFor(held, node, "waiting_takeover");
  // The last look before the end of the wait; a run that came too late for it takes the next.
  const ends =
    state(node) === "waiting_takeover" && waited >= (desired.strategy.waitTakeover - 1) * 1000;
  if (!known || !(ends || state(node) === "evicting_sessions")) return {};
  return { away: Math.max(0, offline(node) - known.sessions) };
}

function describe(seen: Look): string {
  const active = seen.leaving.filter((node) => !seen.drained(node) && state(node) !== "disabled");
  const lines = active.map(
    (node) =>
      `${node.pod} ${state(node)}, ${live(node)} connections, ${offline(node)} sessions` +
      (node.trouble ? ` (${node.trouble})` : ""),
  );
  return lines.length > 0 ? lines.join("; ") : "the next node's turn";
}
