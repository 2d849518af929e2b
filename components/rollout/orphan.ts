/**
 * Is the Pulumi CLI still there that started this process? When it is killed, nobody tells its
 * providers: they would work on beside the next `pulumi up`.
 */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks while nothing else asks. */
const POLL = 1_000;
/** Milliseconds that one attempt to reach the engine may take; a busy one is not a dead one. */
const TIMEOUT = 1_000;
/** Milliseconds between the two refusals that count as proof. */
const AGAIN = 100;
/** Milliseconds that the work under way gets to stop and to release the fence. */
const GRACE = 5_000;

export interface EngineProcess {
  /** The engine's gRPC address, which it gives to its providers as their last argument. */
  address?: string;
  parent: () => number;
  /** Ends this process. */
  exit: () => unknown;
}

const ours: EngineProcess = {
  address: process.argv.at(-1),
  parent: () => process.ppid,
  exit: () => process.exit(1),
};

/**
 * Two signs, since neither is always there: this process has another parent than it began with (a
 * shell between the CLI and us hides that), or the engine's port refuses connections (a port may
 * be used again). Where there is neither, as in tests, the engine is taken to be there.
 */
export class EngineWatch {
  private readonly parent: number;
  private readonly target?: { host: string; port: number };
  private readonly timer: NodeJS.Timeout;
  private isGone = false;

  constructor(private readonly engine: EngineProcess = ours) {
    this.parent = engine.parent();
    const [, host, port] = /^([^\s/]+):(\d+)$/.exec(engine.address ?? "") ?? [];
    if (host && port) this.target = { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
    this.timer = setInterval(() => void this.gone(), POLL).unref();
  }

  /** True once the engine is gone for certain; this process then ends within `GRACE`. */
  async gone(): Promise<boolean> {
    if (this.isGone) return true;
    const left = this.engine.parent() !== this.parent || (await this.refuses());
    if (left && !this.isGone) {
      this.isGone = true;
      clearInterval(this.timer);
      setTimeout(this.engine.exit, GRACE).unref();
    }
    return this.isGone;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async refuses(): Promise<boolean> {
    const { target } = this;
    if (!target || !(await isRefused(target))) return false;
    await sleep(AGAIN);
    return isRefused(target);
  }
}

let watch: EngineWatch | undefined;

/**
 * This process's watch, which goes on between two rollouts too: a provider that has nothing to do
 * must not outlive its CLI either.
 */
export function engineWatch(): EngineWatch {
  return (watch ??= new EngineWatch());
}

/** A suspended engine does not refuse: its kernel takes the connection. */
function isRefused(target: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: TIMEOUT });
    const end = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    socket.once("connect", () => end(false));
    socket.once("timeout", () => end(false));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => end(code === "ECONNREFUSED"));
  });
}
