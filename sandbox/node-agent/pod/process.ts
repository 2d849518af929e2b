import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** Milliseconds between two looks at how much memory a process holds. */
const MEMORY_MS = 250;

export interface ProcessOptions {
  command: string[];
  env: Record<string, string>;
  cwd: string;
  /** Gets stdout and stderr. A file, not a pipe: the process must not depend on the agent for it. */
  logFile: string;
  /** Holds the pid while the process runs, for `leftovers.ts`. */
  pidFile: string;
  /** Bytes of memory above which the process is killed, as by a container's limit; none by default. */
  memoryLimit?: number;
}

export interface Exit {
  /** As a shell gives it: 128 + n for signal n. */
  code: number;
  signal?: number;
  /** Why the program could not be started at all. */
  startError?: string;
  /** It was killed because it took more memory than its limit. */
  outOfMemory?: boolean;
}

/** A process with a process group of its own, so that its children end with it. */
export class PodProcess {
  readonly exited: Promise<Exit>;
  readonly pid: number | undefined;
  private over = false;

  constructor({ command, env, cwd, logFile, pidFile, memoryLimit }: ProcessOptions) {
    const [program = "", ...args] = command;
    mkdirSync(path.dirname(logFile), { recursive: true });
    const log = openSync(logFile, "a");
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    this.pid = child.pid;
    if (child.pid !== undefined) {
      writeFileSync(pidFile, `${child.pid} ${processStart(child.pid) ?? "-"}\n`);
    }
    let outOfMemory = false;
    const memory =
      memoryLimit !== undefined &&
      setInterval(() => {
        outOfMemory ||= (residentBytes(child.pid) ?? 0) > memoryLimit;
        if (outOfMemory) this.killGroup("SIGKILL");
      }, MEMORY_MS);
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit) => {
        if (this.over) return;
        this.over = true;
        if (memory) clearInterval(memory);
        this.killGroup("SIGKILL");
        rmSync(pidFile, { force: true });
        resolve(exit);
      };
      child.once("error", (error) => end({ code: 128, startError: error.message }));
      child.once("exit", (code, signal) => {
        const number = signal ? os.constants.signals[signal] : undefined;
        const killed = { ...(number && { signal: number }), ...(outOfMemory && { outOfMemory }) };
        end({ code: code ?? 128 + (number ?? 0), ...killed });
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

  /** Stands still until it is told to go on. */
  suspend(still: boolean): void {
    if (!this.over) this.killGroup(still ? "SIGSTOP" : "SIGCONT");
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

/** Memory that a process holds; undefined where the system does not tell. */
function residentBytes(pid: number | undefined): number | undefined {
  try {
    const [, kilobytes] =
      /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
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
