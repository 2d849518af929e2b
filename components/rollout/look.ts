/**
 * An observation seen from the goal: which nodes stay, which leave, what agrees already.
 * Derived facts only; the rules that use them are in `decide.ts`.
 */
import { isDrained, isEmpty, isLost, state } from "./drain";
import { goalOf, isIn, takenUp } from "./goal";
import { arrivals, missingReturns, RETURN_SHARE, type Past } from "./returns";
import { leftovers } from "./leftovers";
import { lacks, nodesOf, sidesOf, type Side } from "./sides";
import type {
  Desired,
  Held,
  NodeObservation,
  Observation,
  Phase,
  RolloutEntry,
  RolloutRecord,
  SetObservation,
  Settings,
} from "./types";

/** Milliseconds for which all nodes must agree on the membership: a joining node can make the others flap for 8 s (emqx-observed.md). */
export const SETTLE = 5_000;

export interface Look {
  observation: Observation;
  desired: Desired;
  held: Held;
  now: number;
  /** The rollout under way, if the record has one that is not finished. */
  entry: RolloutEntry | undefined;
  /** Goal that the user asked for. */
  wanted: string;
  /** Goal that is to be served: the wanted one or, after an abort, the one before. */
  goal: string;
  /** Cores, then replicants if any are wanted: the order in which green comes up. */
  sides: Side[];
  core: Side;
  /** The side that takes clients: replicants if there are any, else the cores. */
  serving: Side;
  /** Nodes of the targets, whether they stay or not. */
  green: NodeObservation[];
  /** Nodes of the targets that stay. */
  staying: NodeObservation[];
  /** Sets that leave and have served. */
  outgoing: SetObservation[];
  /** Sets that leave and never served. */
  disposable: SetObservation[];
  /** Nodes of `outgoing`, in the order of their drain: replicants, then cores from the top. */
  blue: NodeObservation[];
  /** Nodes of old revisions whose set somebody has deleted from under them; part of `blue`. */
  strays: NodeObservation[];
  /** The surplus nodes of the targets, then `blue`: the order of their drain. */
  leaving: NodeObservation[];
  /** The cores of the goal are Ready and agree on each other: replicants may come. */
  coresJoined: boolean;
  /** The core revision wanted now was served or aimed at before, or nobody knows: its nodes' names may be on EMQX's books. */
  familiar: boolean;
  /** Every staying node is Ready, and each node that answers lists all of them as running. */
  joined: boolean;
  /** Milliseconds for which `joined` must have held. */
  settle: number;
  selected: boolean;
  /** The Service lists every staying node of the serving side, and nothing but nodes of its target. */
  switched: boolean;
  /** The drain has begun: its phase is on record. */
  draining: boolean;
  allDrained: boolean;
  /** No node has left or begun to leave since the last look, or is about to. */
  calm: boolean;
  /** Clients on the staying nodes at which enough of the evicted ones are back; undefined when enough are. */
  missing: number | undefined;
  /** Clients on the staying nodes; undefined when one of those is silent. */
  arrived: number | undefined;
  /** Revisions that lack the desired settings, and the pods that may be asked to take them. */
  behind: { config: string[]; license: string[]; via: string[] };
  /** What was there before still exists, to go back to. */
  wayBack: boolean;
  /** Nodes that no set wants any more: those that EMQX lists as stopped, and as running still. */
  forgotten: string[];
  lingering: string[];
  /** What is wrong with the nodes, one line each. */
  diagnosis: string;
  /** Phase to report when a rule does not change it. */
  phase: Phase;
  secondsIn(phase: Phase): number;
  /** The node has nothing left to lose, or nothing that this release could save. */
  drained(node: NodeObservation): boolean;
  /** The node stays or leaves with its set; otherwise it is one too many of a set that stays. */
  surplus(node: NodeObservation): boolean;
}

export function look(
  observation: Observation,
  desired: Desired,
  record: RolloutRecord,
  held: Held,
  now: number,
  past?: Past,
): Look {
  const entry = record.current && !record.current.finishedAt ? record.current : undefined;
  const wanted = goalOf(desired);
  const goal = entry?.aborting && entry.from ? entry.from : wanted;
  const sides = sidesOf(goal, desired, observation, goal === wanted ? {} : entry?.before);
  const core = sides[0] as Side;
  const serving = sides.at(-1) as Side;
  const { service } = observation;
  const returnShare = desired.strategy.returnShare ?? RETURN_SHARE;

  const others = observation.sets
    .filter((set) => !isIn(goal, set.role, set.revision))
    .sort((a, b) => b.role.localeCompare(a.role) || a.createdAt - b.createdAt);
  const rollouts = [...record.history, ...(record.current ? [record.current] : [])];
  const served = (set: SetObservation): boolean =>
    isIn(record.active, set.role, set.revision) ||
    isIn(record.current?.from, set.role, set.revision) ||
    service.selects === set.revision ||
    rollouts.some((other) => isIn(other.to, set.role, set.revision) && reached(other, "Promote")) ||
    // No rollout on record made it: the record is lost or young, and nobody knows what it has served.
    !rollouts.some((other) => isIn(other.to, set.role, set.revision)) ||
    nodesOf(observation, set).some((node) => (node.connections ?? 0) > 0);
  const outgoing = others.filter(served);
  const disposable = others.filter((set) => !served(set));

  const green = sides.flatMap((side) => side.green);
  const staying = sides.flatMap((side) => side.staying);
  const surplus = [...sides].reverse().flatMap((side) => side.surplus);
  // A set of the goal that is being created may be seen later than its first pod.
  const strays = observation.nodes.filter(
    ({ role, revision }) =>
      !isIn(goal, role, revision) &&
      !observation.sets.some((set) => set.role === role && set.revision === revision),
  );
  const blue = [...outgoing.flatMap((set) => nodesOf(observation, set)), ...strays];
  // Surplus nodes first: the Service lists them, and clients of blue must not land on them.
  const leaving = [...surplus, ...blue];
  const isDisposable = (node: NodeObservation) =>
    disposable.some((set) => set.revision === node.revision);

  const names = new Set(staying.map((node) => node.node));
  const away = entry?.away;
  const coreNames = core.staying.map((node) => node.node);
  const complete = (side: Side) =>
    side.staying.length === side.replicas &&
    side.staying.every((node) => node.ready && node.reachable && isOfTemplate(node, desired));
  const sees = (node: NodeObservation, all: Iterable<string>) =>
    [...all].every((name) => node.view?.[name] === "running");
  // A replicant that leaves has only its own cores to learn from, and blue need not know green's replicants.
  const coresJoined =
    complete(core) &&
    observation.nodes.every(
      (node) =>
        !node.view ||
        node.terminating ||
        isDisposable(node) ||
        (node.role === "replicant" && !names.has(node.node)) ||
        sees(node, coreNames),
    );
  const joined =
    coresJoined &&
    sides.every(complete) &&
    staying.every((node) => !node.view || sees(node, names));

  const selected =
    service.selects === serving.revision &&
    (service.dashboardSelects === undefined || service.dashboardSelects === core.revision);
  const servingPods = new Set(serving.green.map((node) => node.pod));
  const switched =
    selected &&
    serving.staying.length === serving.replicas &&
    serving.staying.every((node) => service.readyPods.includes(node.pod)) &&
    service.readyPods.every((pod) => servingPods.has(pod));

  const calm = leaving.every((node) => !node.terminating);
  const isSurplus = (node: NodeObservation) => surplus.includes(node);
  const safe = (node: NodeObservation): boolean =>
    // On its way out already, by us or by somebody else: nothing can be done for it any more.
    node.terminating ||
    isDrained(node, held) ||
    // Out of service and empty: nothing to evacuate. A surplus node is in service until its evacuation starts.
    (!isSurplus(node) &&
      ["disabled", "unsupported"].includes(state(node)) &&
      isEmpty(node, held)) ||
    isLost(node, held);
  // A release without evacuation cuts a node's clients when its pod goes: one at a time, while the others hold.
  const turn =
    calm &&
    joined &&
    (!away || away.ignored) &&
    (held.calm ?? 0) >= desired.strategy.waitTakeover * 1000
      ? leaving.find((node) => !safe(node) && state(node) === "unsupported")
      : undefined;
  const drained = (node: NodeObservation) => node === turn || safe(node);

  return {
    observation,
    desired,
    held,
    now,
    entry,
    wanted,
    goal,
    sides,
    core,
    serving,
    green,
    staying,
    outgoing,
    disposable,
    blue,
    strays,
    leaving,
    coresJoined,
    familiar:
      record.active === null ||
      [record.active, ...record.history.flatMap(({ from, to }) => [from, to])].some((past) =>
        isIn(past, "core", core.revision),
      ),
    joined,
    settle: !selected || (entry && lastIs(entry, "WaitGreen")) ? SETTLE : 0,
    selected,
    switched,
    draining: !!entry && reached(entry, "Evacuate"),
    allDrained: leaving.every(drained),
    calm,
    missing: past && missingReturns(past, observation, staying, returnShare),
    arrived: arrivals(observation, names),
    behind: {
      config: behind(sides, desired, "config"),
      license: behind(sides, desired, "license"),
      via: core.green.filter((node) => node.ready && node.reachable).map((node) => node.pod),
    },
    wayBack: canGoBack(observation, entry ?? takenUp(record, wanted), goal),
    ...leftovers(observation, isDisposable),
    diagnosis: diagnose(observation),
    phase: entry?.phase ?? "Preflight",
    secondsIn: (phase) => secondsSince(entry, phase, now),
    drained,
    surplus: isSurplus,
  };
}

/** Pods of the rolling set count once Kubernetes has renewed them. */
const isOfTemplate = (node: NodeObservation, { rolling }: Desired): boolean =>
  !rolling || node.template === rolling.template;

/** A set that is empty already can grow again, if the record knows how large it was. */
function canGoBack(observation: Observation, entry: RolloutEntry | undefined, goal: string) {
  const from = entry?.from;
  if (from == null || from === goal) return false;
  const roles = from.includes("/") ? (["core", "replicant"] as const) : (["core"] as const);
  return roles.every((role) =>
    observation.sets.some(
      (set) =>
        isIn(from, role, set.revision) &&
        set.role === role &&
        !set.deleting &&
        (set.replicas > 0 || (entry?.before?.[role] ?? 0) > 0),
    ),
  );
}

function behind(sides: Side[], desired: Desired, what: keyof Settings): string[] {
  return sides
    .filter(({ target }) => target && lacks(target, desired, what))
    .map(({ revision }) => revision);
}

function reached(entry: RolloutEntry, phase: Phase): boolean {
  return entry.phases.some((timing) => timing.name === phase);
}

function lastIs(entry: RolloutEntry, phase: Phase): boolean {
  return entry.phases.at(-1)?.name === phase;
}

function secondsSince(entry: RolloutEntry | undefined, phase: Phase, now: number): number {
  const timing = entry?.phases.find((candidate) => candidate.name === phase);
  return timing ? (now - Date.parse(timing.startedAt)) / 1000 : 0;
}

function diagnose({ nodes, sets }: Observation): string {
  const answering = nodes.filter((node) => node.reachable && !node.terminating);
  const unwell = nodes.flatMap(({ pod, ready, reachable, trouble, view = {} }) => {
    const unseen = answering.filter(({ node }) => view[node] !== "running").length;
    if (ready && reachable && trouble === undefined && unseen === 0) return [];
    const state = ready ? "Ready" : "not Ready";
    const answer = reachable ? "EMQX answers" : "EMQX does not answer";
    const sight =
      reachable && unseen > 0 ? `, does not see ${unseen} of ${answering.length} nodes` : "";
    return `  ${pod}: ${state}, ${answer}${sight}${trouble ? `; ${trouble}` : ""}`;
  });
  const short = sets
    .filter(({ trouble }) => trouble !== undefined)
    .map((set) => `  ${set.name}: ${set.pods} of ${set.replicas} pods; ${set.trouble}`);
  const lines = [...short, ...unwell];
  return lines.length > 0 ? lines.join("\n") : "  all nodes are Ready and answer";
}
