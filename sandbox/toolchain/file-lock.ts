import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity } from "./process-identity";
import { SandboxError } from "./sandbox-error";

/** Called once when somebody else holds the lock, with that process's pid. */
export type OnWait = (pid: number) => void;

/**
 * Runs `work` while this process holds `file`, after waiting for any other process that holds
 * it. A lock whose process is gone (killed, rebooted) is taken over.
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  options: { onWait?: OnWait; signal?: AbortSignal } = {},
): Promise<T> {
  await acquire(file, options.onWait, options.signal);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

async function acquire(file: string, onWait?: OnWait, signal?: AbortSignal): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify(identify(process.pid));
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, mine);
  try {
    let told = false;
    while (!claim(draft, file)) {
      if (signal?.aborted) {
        throw new SandboxError("SANDBOX_ABORTED", `Interrupted while waiting for ${file}.`);
      }
      const holder = read(file);
      if (holder && isAlive(holder)) {
        if (!told) onWait?.(holder.pid);
        told = true;
        await sleep(200);
      } else {
        removeStale(file);
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

// A hard link appears with its whole content at once; a file created with "wx" is empty first.
function claim(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function read(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

// Between reading the stale lock and removing it another process may have replaced it: move it
// away first, look at what was moved, and put a live one back.
function removeStale(file: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const moved = read(aside);
  if (moved && isAlive(moved)) claim(aside, file);
  rmSync(aside, { force: true });
}
