/** One line about an outage; `over` when it is the last. */
export type OnWait = (line: string, over: boolean) => void;

/** Milliseconds of an outage that nobody is told about. */
const UNTOLD = 3_000;
/** Milliseconds between two lines about it. */
const PACE = 2_000;
/** Milliseconds without a failure after which the next one belongs to another outage. */
const GAP = 30_000;

/**
 * Since when an API server has not given a good answer to anybody, so that calls one after the
 * other, or one within the other, share one limit.
 */
export class Outage {
  /** The API server has answered once. */
  met = false;
  private since?: number;
  private lastFailure = 0;
  private toldAt?: number;

  constructor(
    private readonly server: string,
    private readonly tell: OnWait,
  ) {}

  /** Any answer that is not of an overload or a defect ends it. */
  answered(): void {
    this.met = true;
    if (this.toldAt !== undefined && this.since !== undefined) {
      this.tell(
        `the API server ${this.server} answers again, after ${seconds(Date.now() - this.since)} s`,
        true,
      );
    }
    this.since = undefined;
    this.toldAt = undefined;
  }

  /** A call that began then has failed once more. Returns since when, in milliseconds, patience counts. */
  failed(begun: number, why: string): number {
    const now = Date.now();
    if (this.since === undefined || now - this.lastFailure > GAP) this.since = now;
    this.lastFailure = now;
    // While others are answered, a call that is not has its own time.
    const since = Math.min(this.since, begun);
    const due = this.toldAt === undefined ? since + UNTOLD : this.toldAt + PACE;
    if (now >= due) {
      this.toldAt = now;
      this.tell(
        `the API server ${this.server} does not answer since ${seconds(now - since)} s (${why}); waiting`,
        false,
      );
    }
    return since;
  }
}

const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);
