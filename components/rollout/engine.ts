import { EmqxError } from "../errors";
import { conditions } from "./conditions";
import { decide } from "./decide";
import { fold, supersede } from "./fold";
import { goalOf } from "./goal";
import { Stopwatch } from "./held";
import { Memory } from "./memory";
import { milestone, summary } from "./milestones";
import { RateMeter, statusLine } from "./progress";
import type {
  Action,
  Clock,
  Cluster,
  Decision,
  Desired,
  Fence,
  Observation,
  Phase,
  RecordStore,
  RolloutEntry,
  RolloutRecord,
  RolloutResult,
  Sink,
  Site,
} from "./types";

export interface EngineOptions {
  site: Site;
  desired: Desired;
  /** Version of the hash in `desired.revision`. */
  hashVersion: number;
  cluster: Cluster;
  records: RecordStore;
  fence: Fence;
  clock: Clock;
  sink: Sink;
  /** To be done once the fence is held, for what no look can tell: see `roll.ts`. */
  first?: Action;
  /** What the preview promised, for the record. */
  estimateSeconds?: number;
}

const ORDER: readonly Phase[] = [
  "Preflight",
  "CreateGreen",
  "WaitGreen",
  "Gate",
  "Promote",
  "Evacuate",
  "Retire",
  "Aborting",
  "Done",
];

const REFUSALS = ["EMQX_CONFIG_REJECTED", "EMQX_LICENSE_REJECTED"];

/** Milliseconds after which an outage has made a look too old to act on. */
const STALE = 10_000;

/** Phases in which a tick counts; elsewhere pods are waited for. */
const QUICK: readonly Phase[] = ["Promote", "Evacuate", "Retire"];

/**
 * Observes, decides and acts until the cluster is as desired. Throws EmqxError when it cannot be;
 * the record is saved first, and the next call goes on from there.
 */
export async function runRollout(options: EngineOptions): Promise<RolloutResult> {
  const { cluster, records, fence } = options;
  const engine = new Engine(options);
  // With nothing to do there is nothing to write either, not even a lease.
  const record = await records.load();
  const observation = await cluster.observe({ preflight: false });
  if (!options.first && engine.isSettled(record, observation)) {
    await fence.tidy();
    return result(record, observation, options.desired);
  }

  await fence.acquire();
  try {
    if (options.first) await cluster.act(options.first);
    return await engine.run();
  } finally {
    await fence.release();
  }
}

class Engine {
  private readonly held = new Stopwatch();
  private readonly memory = new Memory();
  private readonly meter = new RateMeter();
  private readonly shown = new Set<string>();
  private rate = 0;
  private lastStatus = "";

  constructor(private readonly options: EngineOptions) {}

  isSettled(record: RolloutRecord, observation: Observation): boolean {
    const { desired, clock } = this.options;
    const now = clock.now();
    if (supersede(record, goalOf(desired), now) !== record) return false;
    const held = new Stopwatch().update(conditions(observation, desired, record), now);
    const decision = decide(observation, desired, record, held, now);
    return decision.done === true && this.fold(record, decision, observation, now) === record;
  }

  async run(): Promise<RolloutResult> {
    const { cluster, records, fence, clock, desired, sink } = this.options;
    let saved = await records.load();
    let record = supersede(saved, goalOf(desired), clock.now());
    let previous: Observation | undefined;
    let preflight = false;
    for (;;) {
      await fence.renew();
      const observation = await cluster.observe({ preflight });
      const now = clock.now();
      const held = this.held.update(conditions(observation, desired, record, previous), now);
      const decision = decide(observation, desired, record, held, now, this.memory.past(now));
      this.memory.add(observation, now);
      // Who has left which colour means something else once the direction has changed.
      if (decision.away !== undefined || decision.abort) this.memory.forget();
      this.measure(decision, now);

      const before = record;
      record = this.fold(record, decision, observation, now);
      if (record !== saved) await records.save(record);
      saved = record;
      this.report(before.current, record.current, decision);

      if (decision.done) {
        if (record.current) sink.milestone(summary(this.options.site.name, record.current));
        return result(record, observation, desired);
      }
      let stale = false;
      for (const action of decision.actions) {
        // The fence waits for as long as the API server is away.
        await fence.renew();
        stale = clock.now() - now > STALE;
        if (stale) break;
        await this.act(action).catch(async (error: unknown) => {
          await this.refused(record, decision, error, observation);
          throw error;
        });
      }
      if (stale) continue;
      if (decision.failed) throw new EmqxError(decision.failed.code, decision.failed.message);
      preflight = decision.actions.some((action) => action.do === "inspect");
      previous = observation;
      // What was only to be looked up, or has just been ordered, needs no pause.
      if (!preflight && !decision.abort) {
        await clock.sleep(QUICK.includes(decision.phase) ? 250 : 1000);
      }
    }
  }

  private fold(
    record: RolloutRecord,
    decision: Decision,
    observation: Observation,
    now: number,
  ): RolloutRecord {
    const { desired, hashVersion, estimateSeconds } = this.options;
    const peakRate = this.meter.peak;
    return fold(record, decision, {
      observation,
      desired,
      hashVersion,
      now,
      estimateSeconds,
      peakRate,
    });
  }

  /** EMQX not answering is something that the next look will see; Kubernetes saying no is final. */
  private async act(action: Action): Promise<void> {
    try {
      await this.options.cluster.act(action);
    } catch (error) {
      const passing = ["EMQX_API_UNREACHABLE", "EMQX_API_UNAUTHORIZED", "EMQX_API_ERROR"];
      if (!(error instanceof EmqxError) || !passing.includes(error.code)) throw error;
      this.warn(`${error.message}. It is tried again if it is still needed.`);
    }
  }

  /** What EMQX will not take ends the rollout; anything else is for the next run to go on from. */
  private async refused(
    record: RolloutRecord,
    decision: Decision,
    error: unknown,
    observation: Observation,
  ): Promise<void> {
    if (!(error instanceof EmqxError) || !REFUSALS.includes(error.code)) return;
    const failed = { code: error.code, message: error.message };
    const verdict: Decision = { ...decision, phase: "Failed", actions: [], failed };
    const { records, clock } = this.options;
    await records.save(this.fold(record, verdict, observation, clock.now()));
  }

  private measure(decision: Decision, now: number): void {
    if (decision.progress && decision.phase === "Evacuate") {
      this.rate = this.meter.add(now, decision.progress.connectionsLeft);
    }
  }

  private report(
    before: RolloutEntry | null,
    after: RolloutEntry | null,
    decision: Decision,
  ): void {
    const { sink } = this.options;
    for (const warning of decision.warnings ?? []) this.warn(warning);
    if (decision.abort) this.warn(`${decision.abort.message}\nTurning back to ${after?.from}.`);
    if (after && before && before.id === after.id && before.phase !== decision.phase) {
      this.reportEnd(after, before.phases.length - 1, decision);
    }
    if (decision.done || decision.failed) return;
    const status = statusLine(decision, this.rate, after);
    if (status !== this.lastStatus) sink.status(status);
    this.lastStatus = status;
  }

  /** One line a phase, also when phases alternate. */
  private reportEnd(entry: RolloutEntry, index: number, decision: Decision): void {
    const timing = entry.phases[index];
    if (!timing || decision.failed || decision.abort || this.shown.has(timing.name)) return;
    // Back to an earlier phase: this one is not over.
    if (ORDER.indexOf(decision.phase) < ORDER.indexOf(timing.name)) return;
    this.shown.add(timing.name);
    const line = milestone(timing.name, timing.seconds ?? 0, entry);
    if (line) this.options.sink.milestone(line);
  }

  private warn(text: string): void {
    if (this.shown.has(text)) return;
    this.shown.add(text);
    this.options.sink.warn(text);
  }
}

/** Without any rollout on record there is still an answer: it is as wanted. */
function result(record: RolloutRecord, observation: Observation, desired: Desired): RolloutResult {
  const { image: toImage } = desired;
  const to = goalOf(desired);
  const entry = record.current ?? {
    id: `${to}-0`,
    kind: "none",
    from: record.active,
    to,
    toImage,
    phase: "Done",
    aborting: false,
    startedAt: "",
    phases: [],
    nodes: [],
  };
  return { record, entry, observation };
}
