/**
 * An observation seen from the goal: which nodes stay, which leave, what agrees already.
 * Derived facts only; the rules that use them are in `decide.ts`.
 */
import { isDrained, isEmpty, isLost } from "./drain";
import type {
  Desired,
  Held,
  NodeObservation,
  Observation,
  Phase,
  RolloutEntry,
  RolloutRecord,
  SetObservation,
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
  /** Revision that the user asked for. */
  wanted: string;
  /** Revision that is to serve: the wanted one or, after an abort, the one before. */
  revision: string;
  target: SetObservation | undefined;
  /** Nodes of the target, whether they stay or not. */
  green: NodeObservation[];
  /** Nodes of the target that stay. */
  staying: NodeObservation[];
  /** Sets that leave and have served. */
  outgoing: SetObservation[];
  /** Sets that leave and never served. */
  disposable: SetObservation[];
  /** Nodes of `outgoing`, in the order of their drain. */
  blue: NodeObservation[];
  /** The surplus nodes of the target, then `blue`: the order of their drain. */
  leaving: NodeObservation[];
  /** Every staying node is Ready, and each node that answers lists all of them as running. */
  joined: boolean;
  /** Milliseconds for which `joined` must have held. */
  settle: number;
  selected: boolean;
  /** The Service lists every staying node, and nothing but nodes of the target. */
  switched: boolean;
  /** The drain has begun: its phase is on record. */
  draining: boolean;
  allDrained: boolean;
  /** A set to go back to exists with all its pods. */
  wayBack: boolean;
  /** Nodes that no set wants any more: those that EMQX lists as stopped, and as running still. */
  forgotten: string[];
  lingering: string[];
  /** What is wrong with the nodes, one line each. */
  diagnosis: string;
  /** Phase to report when a rule does not change it. */
  phase: Phase;
  secondsIn(phase: Phase): number;
  /** The node has nothing left to lose. */
  drained(node: NodeObservation): boolean;
}

export function look(
  observation: Observation,
  desired: Desired,
  record: RolloutRecord,
  held: Held,
  now: number,
): Look {
  const entry = record.current && !record.current.finishedAt ? record.current : undefined;
  const revision = entry?.aborting && entry.from ? entry.from : desired.revision;
  const target = observation.sets.find((set) => set.revision === revision && !set.deleting);

  const others = observation.sets
    .filter((set) => set.revision !== revision)
    .sort((a, b) => a.createdAt - b.createdAt);
  const nodesOf = (set: SetObservation | undefined) =>
    observation.nodes
      .filter((node) => node.revision === set?.revision)
      .sort((a, b) => b.ordinal - a.ordinal);
  const served = (set: SetObservation): boolean =>
    record.active === set.revision ||
    record.current?.from === set.revision ||
    observation.service.selects === set.revision ||
    record.history.some((past) => past.to === set.revision && reached(past, "Promote")) ||
    (record.current?.to === set.revision && reached(record.current, "Promote")) ||
    nodesOf(set).some((node) => (node.connections ?? 0) > 0);

  const outgoing = others.filter(served);
  const disposable = others.filter((set) => !served(set));
  const green = nodesOf(target);
  const staying = green.filter((node) => node.ordinal < desired.replicas && !node.terminating);
  const surplus = green.filter((node) => node.ordinal >= desired.replicas);
  const blue = outgoing.flatMap(nodesOf);
  // Surplus nodes first: the Service lists them, and clients of blue must not land on them.
  const leaving = [...surplus, ...blue];

  const stayingNames = staying.map((node) => node.node);
  const joined =
    staying.length === desired.replicas &&
    staying.every((node) => node.ready && node.reachable) &&
    observation.nodes.every(
      (node) => !node.view || node.terminating || disposableNode(node) || seesAll(node),
    );
  function seesAll(node: NodeObservation): boolean {
    return stayingNames.every((name) => node.view?.[name] === "running");
  }
  function disposableNode(node: NodeObservation): boolean {
    return disposable.some((set) => set.revision === node.revision);
  }

  const { service } = observation;
  const selected = !service.exists || service.selects === revision;
  const greenPods = new Set(green.map((node) => node.pod));
  const switched =
    !service.exists ||
    (selected &&
      staying.length === desired.replicas &&
      staying.every((node) => service.readyPods.includes(node.pod)) &&
      service.readyPods.every((pod) => greenPods.has(pod)));

  const drained = (node: NodeObservation): boolean =>
    // On its way out already, by us or by somebody else: nothing can be done for it any more.
    node.terminating ||
    isDrained(node, held) ||
    // Out of service and empty: nothing to evacuate. A surplus node is in service until its evacuation starts.
    (node.revision !== revision && node.evacuation?.state === "disabled" && isEmpty(node, held)) ||
    isLost(node, held);

  const wayBackSet = observation.sets.find((set) => set.revision === entry?.from && !set.deleting);
  const pods = new Set(observation.nodes.map((node) => node.node));
  const expected = (name: string): boolean => {
    const place = placeOf(name);
    const set = observation.sets.find((candidate) => candidate.revision === place?.revision);
    return !!place && !!set && !set.deleting && place.ordinal < set.replicas;
  };
  const listed = new Map<string, "running" | "stopped">();
  for (const node of observation.nodes) {
    if (node.terminating || disposableNode(node)) continue;
    for (const [name, status] of Object.entries(node.view ?? {})) {
      // One node that still believes in a running peer is enough to wait.
      if (pods.has(name) || expected(name) || listed.get(name) === "running") continue;
      listed.set(name, status);
    }
  }

  return {
    observation,
    desired,
    held,
    now,
    entry,
    wanted: desired.revision,
    revision,
    target,
    green,
    staying,
    outgoing,
    disposable,
    blue,
    leaving,
    joined,
    settle: !selected || (entry && lastIs(entry, "WaitGreen")) ? SETTLE : 0,
    selected,
    switched,
    draining: !!entry && reached(entry, "Evacuate"),
    allDrained: leaving.every(drained),
    wayBack: !!wayBackSet && wayBackSet.revision !== revision && wayBackSet.replicas > 0,
    forgotten: [...listed].filter(([, status]) => status === "stopped").map(([name]) => name),
    lingering: [...listed].filter(([, status]) => status === "running").map(([name]) => name),
    diagnosis: diagnose(observation.nodes),
    phase: entry?.phase ?? "Preflight",
    secondsIn: (phase) => secondsSince(entry, phase, now),
    drained,
  };
}

/** Revision and ordinal in a core node's name (`labels.ts`). */
export function placeOf(node: string): { revision: string; ordinal: number } | undefined {
  const match = /-core-([^-.@]+)-(\d+)(\.|$)/.exec(node);
  return match ? { revision: match[1] ?? "", ordinal: Number(match[2]) } : undefined;
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

function diagnose(nodes: NodeObservation[]): string {
  const lines = nodes
    .filter((node) => !node.ready || !node.reachable)
    .map((node) => {
      const state = node.ready ? "Ready" : "not Ready";
      const answer = node.reachable ? "EMQX answers" : "EMQX does not answer";
      return `  ${node.pod}: ${state}, ${answer}${node.trouble ? `; ${node.trouble}` : ""}`;
    });
  return lines.length > 0 ? lines.join("\n") : "  all nodes are Ready and answer";
}
