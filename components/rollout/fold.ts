import { goalOf, isIn, readGoal, takenUp } from "./goal";
import { lacks } from "./sides";
import type {
  Decision,
  Desired,
  Observation,
  Phase,
  PhaseTiming,
  RolloutEntry,
  RolloutRecord,
} from "./types";

const HISTORY = 10;
/** Phases may alternate while nodes come and go; a record has to stay small. */
const MAX_TIMINGS = 40;

/** What a fold needs besides record and decision. */
export interface FoldContext {
  observation: Observation;
  desired: Desired;
  hashVersion: number;
  now: number;
  estimateSeconds?: number;
  peakRate?: number;
}

/**
 * The record after a decision: phases and their times, the figures at the drain's beginning, the
 * verdict. Pure; returns the same object when nothing changed.
 */
export function fold(
  record: RolloutRecord,
  decision: Decision,
  context: FoldContext,
): RolloutRecord {
  const settled = !underWay(record) && record.active === goalOf(context.desired);
  if (decision.done && settled) return record;

  const base = begin(record, context);
  const current = base.current as RolloutEntry;
  const advanced = withAway(advance(current, decision, context), decision);
  const entry = withFigures(advanced, decision, context);
  if (decision.done) return finish({ ...base, ...servingNow(context) }, entry, context);
  if (decision.failed) {
    const { code, message } = decision.failed;
    const phase = decision.phase === "Held" ? "Held" : "Failed";
    return finish(base, { ...entry, phase, failureCode: code, message }, context);
  }
  return same(base, entry) ? base : { ...base, current: entry };
}

const underWay = (record: RolloutRecord): boolean =>
  record.current !== null && record.current.finishedAt === undefined;

const same = (record: RolloutRecord, entry: RolloutEntry): boolean =>
  JSON.stringify(record.current) === JSON.stringify(entry);

const servingNow = ({ desired, hashVersion }: FoldContext) => ({
  active: goalOf(desired),
  hashVersion,
});

/**
 * Closes a rollout under way that has another goal than the desired one; the same record when there
 * is none. To be asked before deciding, so that the rules don't take the old one's phase for ours.
 */
export function supersede(record: RolloutRecord, goal: string, now: number): RolloutRecord {
  const { current } = record;
  if (!current || !underWay(record) || current.to === goal) return record;
  const message = current.message ?? `superseded by revision ${goal}`;
  return withHistory(record, {
    ...closePhase(current, now),
    phase: "Failed",
    finishedAt: iso(now),
    message,
  });
}

/** Goes on with the rollout under way, or begins one. */
function begin(record: RolloutRecord, context: FoldContext): RolloutRecord {
  const { desired, observation, now } = context;
  if (underWay(record)) return record;
  const to = goalOf(desired);
  const held = takenUp(record, to);
  const from = held ? held.from : servedGoal(record, context);
  const entry: RolloutEntry = {
    id: nextId(record, to),
    kind: kindOf(context, from),
    from,
    to,
    fromImage: observation.sets.find((set) => isIn(from, set.role, set.revision))?.image,
    toImage: desired.image,
    phase: "Preflight",
    aborting: false,
    startedAt: iso(now),
    phases: [],
    nodes: [],
    before: held?.before ?? numbersOf(from, observation),
    ...(context.estimateSeconds !== undefined && { estimateSeconds: context.estimateSeconds }),
  };
  // A new package may hash differently: until the first success, the record speaks of this one.
  const hashVersion = record.active === null ? context.hashVersion : record.hashVersion;
  return { ...record, hashVersion, current: entry };
}

function numbersOf(goal: string | null, { sets }: Observation): RolloutEntry["before"] {
  const old = sets.filter((set) => isIn(goal, set.role, set.revision));
  return Object.fromEntries(old.map(({ role, replicas }) => [role, replicas]));
}

/** Where clients go now counts more than what the last success said: it may have been left half-way. */
function servedGoal(record: RolloutRecord, { observation }: FoldContext): string | null {
  const { selects, dashboardSelects } = observation.service;
  const find = (revision?: string | null) =>
    observation.sets.find((set) => revision != null && set.revision === revision);
  const serving = find(selects);
  if (!serving) return record.active;
  if (serving.role === "core") return serving.revision;
  const core = find(dashboardSelects)?.revision ?? (record.active && readGoal(record.active).core);
  return core ? `${core}/${serving.revision}` : record.active;
}

function kindOf({ observation, desired }: FoldContext, from: string | null): RolloutEntry["kind"] {
  const to = goalOf(desired);
  const { sets } = observation;
  const others = sets.some((set) => !isIn(to, set.role, set.revision));
  if (from === null && !others) return "create";
  if (from !== to) return from && onlyAddsOrRemoves(from, to) ? "scale" : "blue-green";
  if (others) return "blue-green";
  const core = sets.find((set) => isIn(to, "core", set.revision));
  if (desired.rolling && core && core.template !== desired.rolling.template) return "rolling";
  const wanted = { core: desired.replicas, replicant: desired.replicants?.replicas };
  const scaled = sets.some(
    (set) =>
      set.replicas !== wanted[set.role] &&
      !(set.role === "replicant" && desired.replicants?.ignoreReplicas),
  );
  if (scaled) return "scale";
  const behind = core && (lacks(core, desired, "config") || lacks(core, desired, "license"));
  return behind ? "settings" : "none";
}

/** Replicants come or go, and no set is renewed. */
function onlyAddsOrRemoves(from: string, to: string): boolean {
  const [before, after] = [readGoal(from), readGoal(to)];
  return before.core === after.core && (!before.replicant || !after.replicant);
}

function nextId(record: RolloutRecord, goal: string): string {
  const past = [...record.history, ...(record.current ? [record.current] : [])];
  const numbers = past
    .filter((entry) => entry.id.startsWith(`${goal}-`))
    .map((entry) => Number(entry.id.slice(goal.length + 1)))
    .filter(Number.isInteger);
  return `${goal}-${Math.max(0, ...numbers) + 1}`;
}

function advance(entry: RolloutEntry, decision: Decision, { now }: FoldContext): RolloutEntry {
  const turned: RolloutEntry = decision.abort
    ? {
        ...entry,
        aborting: true,
        failureCode: decision.abort.code,
        message: decision.abort.message,
        away: undefined,
      }
    : entry;
  if (decision.phase === turned.phase && turned.phases.length > 0) return turned;
  const closed = closePhase(turned, now);
  const isEnd = decision.done || decision.failed;
  const phases = isEnd ? closed.phases : open(closed.phases, decision.phase, now);
  return { ...closed, phase: decision.phase, phases };
}

function open(phases: PhaseTiming[], name: Phase, now: number): PhaseTiming[] {
  const next = [...phases, { name, startedAt: iso(now) }];
  if (next.length <= MAX_TIMINGS) return next;
  // The first timing of each phase is what its deadline is measured from.
  const spare = next.findIndex((timing, index) =>
    next.slice(0, index).some((earlier) => earlier.name === timing.name),
  );
  return next.filter((_, index) => index !== spare);
}

function closePhase(entry: RolloutEntry, now: number): RolloutEntry {
  const last = entry.phases.at(-1);
  if (!last || last.seconds !== undefined) return entry;
  const seconds = Math.round((now - Date.parse(last.startedAt)) / 100) / 10;
  return { ...entry, phases: [...entry.phases.slice(0, -1), { ...last, seconds }] };
}

function withAway(entry: RolloutEntry, { away }: Decision): RolloutEntry {
  if (away === undefined) return entry;
  const { away: _before, ...rest } = entry;
  return away === null ? rest : { ...rest, away };
}

/** Each leaving node's load when it is first seen in the drain, and the peak rate. */
function withFigures(entry: RolloutEntry, decision: Decision, context: FoldContext): RolloutEntry {
  const { progress } = decision;
  if (!progress) return entry;
  const known = new Set(entry.nodes.map((figures) => figures.node));
  const added = progress.figures.filter((figures) => !known.has(figures.node));
  const away = new Map(progress.figures.map((figures) => [figures.node, figures.away]));
  const nodes = [...entry.nodes, ...added].map((figures) => {
    const first = figures.away ?? away.get(figures.node);
    return first === undefined ? figures : { ...figures, away: first };
  });
  const peak = Math.max(entry.peakRate ?? 0, context.peakRate ?? 0);
  return {
    ...entry,
    nodes,
    ...(peak > 0 && { peakRate: peak }),
  };
}

function finish(record: RolloutRecord, entry: RolloutEntry, { now }: FoldContext): RolloutRecord {
  return withHistory(record, { ...closePhase(entry, now), finishedAt: iso(now) });
}

function withHistory(record: RolloutRecord, entry: RolloutEntry): RolloutRecord {
  const others = record.history.filter((past) => past.id !== entry.id);
  return { ...record, current: entry, history: [entry, ...others].slice(0, HISTORY) };
}

const iso = (now: number): string => new Date(now).toISOString();
