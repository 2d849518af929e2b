import { log } from "../log";
import type { EvacuationParameters } from "./parameters";
import type { EvacuationFile } from "./state-file";

/** States of a node's evacuation (facts/emqx-api.md section 2.4). */
export type EvacuationState =
  | "disabled"
  | "waiting_health_check"
  | "evicting_conns"
  | "waiting_takeover"
  | "evicting_sessions"
  | "prohibiting";

/** What an evacuation does to its node. */
export interface EvacuationTarget {
  liveCount(): number;
  sessionCount(): number;
  /** Disconnects up to `count` clients. */
  evictConnections(count: number): void;
  /** Moves up to `count` sessions, one by one, each to a random one of `recipients`. */
  evictSessions(count: number, recipients: string[]): Promise<void>;
  /** The nodes that sessions may go to now. */
  recipients(migrateTo: string[] | undefined): Promise<string[]>;
}

/** The body of `load_rebalance/status` without `status` and `process`. */
export interface EvacuationStatus {
  connection_eviction_rate: number;
  connection_goal: 0;
  session_eviction_rate: number;
  session_goal: 0;
  session_recipients: string[];
  state: EvacuationState;
  stats: Record<
    "current_connected" | "current_sessions" | "initial_connected" | "initial_sessions",
    number
  >;
}

const TICK = 1000;
const RETRY_WITHOUT_RECIPIENTS = 30_000;

/** One node's evacuation. */
export class Evacuation {
  state: EvacuationState = "disabled";
  private parameters: EvacuationParameters | undefined;
  private stats = emptyStats();
  private timer: NodeJS.Timeout | undefined;
  private batch: Promise<void> = Promise.resolve();
  /** Changes with each start and stop, so that what an older run still has under way ends silently. */
  private run = 0;

  constructor(
    private readonly target: EvacuationTarget,
    private readonly file: EvacuationFile,
  ) {}

  /** True from the start on: the node reports itself unavailable. */
  get enabled(): boolean {
    return this.state !== "disabled";
  }

  /** True once new clients are turned away. */
  get refusing(): boolean {
    return this.enabled && this.state !== "waiting_health_check";
  }

  /** Goes on with an evacuation that a restart interrupted. */
  resume(): void {
    const saved = this.file.load();
    if (!saved) return;
    this.begin(saved);
    this.enter("evicting_conns");
  }

  /** Answers once the current batch of sessions is through, as EMQX's single state process does. */
  async start(parameters: EvacuationParameters): Promise<"ok" | "already_started"> {
    await this.batch;
    if (this.enabled) return "already_started";
    this.begin(parameters);
    this.file.save(parameters);
    this.enter("waiting_health_check");
    return "ok";
  }

  async stop(): Promise<"ok" | "not_started"> {
    await this.batch;
    if (!this.enabled) return "not_started";
    this.halt();
    this.state = "disabled";
    this.parameters = undefined;
    this.file.remove();
    return "ok";
  }

  /** Stops the clockwork without forgetting the evacuation. */
  halt(): void {
    this.run += 1;
    clearTimeout(this.timer);
  }

  async status(): Promise<EvacuationStatus | undefined> {
    await this.batch;
    const parameters = this.parameters;
    if (!parameters) return undefined;
    return {
      connection_eviction_rate: parameters.connEvictRate,
      connection_goal: 0,
      session_eviction_rate: parameters.sessEvictRate,
      session_goal: 0,
      session_recipients: await this.target.recipients(parameters.migrateTo),
      state: this.state,
      stats: { ...this.stats },
    };
  }

  private begin(parameters: EvacuationParameters): void {
    this.run += 1;
    this.parameters = parameters;
    const connected = this.target.liveCount();
    const sessions = this.target.sessionCount();
    this.stats = {
      current_connected: connected,
      current_sessions: sessions,
      initial_connected: connected,
      initial_sessions: sessions,
    };
  }

  private enter(state: EvacuationState): void {
    this.state = state;
    log("info", `msg: node_evacuation_state, state: ${state}`);
    const { waitHealthCheck = 0, waitTakeover = 0 } = this.parameters ?? {};
    if (state === "waiting_health_check") {
      this.later(waitHealthCheck * 1000, () => this.enter("evicting_conns"));
    } else if (state === "evicting_conns") {
      this.later(0, () => this.connectionTick());
    } else if (state === "waiting_takeover") {
      this.later(waitTakeover * 1000, () => this.enter("evicting_sessions"));
    } else if (state === "evicting_sessions") {
      this.later(0, () => this.sessionTick());
    }
  }

  private later(milliseconds: number, work: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(work, milliseconds);
  }

  private connectionTick(): void {
    const count = this.target.liveCount();
    this.stats.current_connected = count;
    if (count === 0) {
      this.enter("waiting_takeover");
      return;
    }
    this.target.evictConnections(this.parameters?.connEvictRate ?? 0);
    this.later(TICK, () => this.connectionTick());
  }

  private sessionTick(): void {
    const run = this.run;
    this.batch = this.moveSessions().then((wait) => {
      if (run !== this.run) return;
      if (wait === undefined) this.enter("prohibiting");
      else this.later(wait, () => this.sessionTick());
    });
  }

  /** Moves one batch; milliseconds until the next, undefined when nothing is left. */
  private async moveSessions(): Promise<number | undefined> {
    const count = this.target.sessionCount();
    this.stats.current_sessions = count;
    if (count === 0) return undefined;
    const recipients = await this.target.recipients(this.parameters?.migrateTo);
    if (recipients.length === 0) {
      log("warning", "msg: no_nodes_to_evacuate_to, sessions wait for a recipient");
      return RETRY_WITHOUT_RECIPIENTS;
    }
    await this.target.evictSessions(this.parameters?.sessEvictRate ?? 0, recipients);
    return TICK;
  }
}

function emptyStats(): EvacuationStatus["stats"] {
  return { current_connected: 0, current_sessions: 0, initial_connected: 0, initial_sessions: 0 };
}
