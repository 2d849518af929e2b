import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export interface ProcessOptions {
  command: string[];
  env: Record<string, string>;
  cwd: string;
  /** Gets stdout and stderr. A file, not a pipe: the process must not depend on the agent for it. */
  logFile: string;
  /** Holds the pid while the process runs, for `leftovers.ts`. */
  pidFile: string;
}

export interface Exit {
  /** As a shell gives it: 128 + n for signal n. */
  code: number;
  signal?: number;
  /** Why the program could not be started at all. */
  startError?: string;
}

/** A process with a process group of its own, so that its children end with it. */
export class PodProcess {
  readonly exited: Promise<Exit>;
  readonly pid: number | undefined;
  private over = false;

  constructor({ command, env, cwd, logFile, pidFile }: ProcessOptions) {
    const [program = "", ...args] = command;
    mkdirSync(path.dirname(logFile), { recursive: true });
    const log = openSync(logFile, "a");
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    this.pid = child.pid;
    if (child.pid !== undefined) {
      writeFileSync(pidFile, `${child.pid} ${processStart(child.pid) ?? "-"}\n`);
    }
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit) => {
        if (this.over) return;
        this.over = true;
        this.killGroup("SIGKILL");
        rmSync(pidFile, { force: true });
        resolve(exit);
      };
      child.once("error", (error) => end({ code: 128, startError: error.message }));
      child.once("exit", (code, signal) => {
        const number = signal ? os.constants.signals[signal] : undefined;
        end({ code: code ?? 128 + (number ?? 0), ...(number && { signal: number }) });
      });
    });
  }

  /** SIGTERM now, SIGKILL when the grace is over; resolves when the process has ended. */
  async stop(graceMs: number): Promise<Exit> {
    this.terminate();
    return this.killAfter(graceMs);
  }

  terminate(): void {
    if (!this.over) this.killGroup("SIGTERM");
  }

  /** SIGKILL once the grace is over. May be called again with a shorter grace. */
  async killAfter(graceMs: number): Promise<Exit> {
    const timer = setTimeout(() => this.over || this.killGroup("SIGKILL"), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  private killGroup(signal: NodeJS.Signals): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}

/** When a process started, in the kernel's ticks; with the pid it names a process for good. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
