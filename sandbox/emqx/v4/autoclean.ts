import type { Members } from "../cluster/members";
import { log } from "../log";

/** Milliseconds between two looks at who stopped. */
const INTERVAL = 1000;

/** Forgets nodes that have been stopped for long enough, as `cluster.autoclean` asks: in 4.4 no API call does. */
export class Autoclean {
  private readonly stoppedAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly members: Pick<Members, "all" | "remove" | "broadcast">,
    /** Undefined: never. */
    private readonly afterMs: number | undefined,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.look(Date.now()), INTERVAL);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Notes who stopped and removes those whose time is over. */
  look(now: number): void {
    const { afterMs, members, stoppedAt } = this;
    if (afterMs === undefined) return;
    for (const { name, running } of members.all()) {
      const since = stoppedAt.get(name) ?? now;
      if (running) stoppedAt.delete(name);
      else if (now - since < afterMs) stoppedAt.set(name, since);
      else {
        stoppedAt.delete(name);
        log("warning", `msg: autoclean, forget the node ${name} that stopped ${afterMs} ms ago`);
        members.broadcast("forget", name);
        members.remove(name);
      }
    }
  }
}
