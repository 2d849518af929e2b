import { live, offline } from "./drain";
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
  const { desired } = context;
  const settled = !underWay(record) && record.active === desired.revision;
  if (decision.done && settled) return record;

  const base = begin(record, context);
  const current = base.current as RolloutEntry;
  const entry = withFigures(advance(current, decision, context), decision, context);
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
  active: desired.revision,
  hashVersion,
});

/**
 * Closes a rollout under way that has another goal than the desired one; the same record when there
 * is none. To be asked before deciding, so that the rules don't take the old one's phase for ours.
 */
export function supersede(record: RolloutRecord, revision: string, now: number): RolloutRecord {
  const { current } = record;
  if (!current || !underWay(record) || current.to === revision) return record;
  const message = current.message ?? `superseded by revision ${revision}`;
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
  const from = servingRevision(record, context);
  const entry: RolloutEntry = {
    id: nextId(record, desired.revision),
    kind: kindOf(record, context, from),
    from,
    to: desired.revision,
    fromImage: observation.sets.find((set) => set.revision === from)?.image,
    toImage: desired.image,
    phase: "Preflight",
    aborting: false,
    startedAt: iso(now),
    phases: [],
    nodes: [],
    ...(context.estimateSeconds !== undefined && { estimateSeconds: context.estimateSeconds }),
  };
  // A new package may hash differently: until the first success, the record speaks of this one.
  const hashVersion = record.active === null ? context.hashVersion : record.hashVersion;
  return { ...record, hashVersion, current: entry };
}

/** Where clients go now counts more than what the last success said: it may have been left half-way. */
function servingRevision(record: RolloutRecord, { observation }: FoldContext): string | null {
  const { selects } = observation.service;
  if (selects !== null && observation.sets.some((set) => set.revision === selects)) return selects;
  return record.active;
}

function kindOf(
  record: RolloutRecord,
  { observation, desired }: FoldContext,
  from: string | null,
): RolloutEntry["kind"] {
  const others = observation.sets.some((set) => set.revision !== desired.revision);
  if (from !== desired.revision || others) return record.active || others ? "blue-green" : "create";
  const target = observation.sets.find((set) => set.revision === desired.revision);
  return target && target.replicas !== desired.replicas ? "scale" : "none";
}

function nextId(record: RolloutRecord, revision: string): string {
  const past = [...record.history, ...(record.current ? [record.current] : [])];
  const numbers = past
    .filter((entry) => entry.id.startsWith(`${revision}-`))
    .map((entry) => Number(entry.id.slice(revision.length + 1)))
    .filter(Number.isInteger);
  return `${revision}-${Math.max(0, ...numbers) + 1}`;
}

function advance(entry: RolloutEntry, decision: Decision, { now }: FoldContext): RolloutEntry {
  const turned: RolloutEntry = decision.abort
    ? {
        ...entry,
        aborting: true,
        failureCode: decision.abort.code,
        message: decision.abort.message,
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

/** Each leaving node's load when it is first seen in the drain, and the peak rate. */
function withFigures(entry: RolloutEntry, decision: Decision, context: FoldContext): RolloutEntry {
  const { observation, desired, peakRate } = context;
  if (!decision.progress) return entry;
  const target = entry.aborting && entry.from ? entry.from : desired.revision;
  const known = new Set(entry.nodes.map((figures) => figures.node));
  const added = observation.nodes
    .filter((node) => node.revision !== target || node.ordinal >= desired.replicas)
    .filter((node) => node.reachable && !known.has(node.node))
    .map((node) => ({
      node: node.node,
      connections: live(node),
      sessions: offline(node),
    }));
  const peak = Math.max(entry.peakRate ?? 0, peakRate ?? 0);
  return {
    ...entry,
    nodes: added.length > 0 ? [...entry.nodes, ...added] : entry.nodes,
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
