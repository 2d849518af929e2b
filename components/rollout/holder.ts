import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Lease } from "../kubernetes/shapes";

/**
 * Who holds the fence: `host/pid/namespace-random`. The pid namespace tells whether the pid means
 * anything to us: containers can share a host name without seeing each other's processes.
 */
export function holderIdentity(): string {
  return `${hostname()}/${process.pid}/${pidNamespace()}-${randomBytes(4).toString("hex")}`;
}

/** Who is at work just now, for people to read; by this machine's clock, so nothing is decided by it. */
export function atWork(lease: Lease | undefined, now: number): string | undefined {
  const { holderIdentity, renewTime, acquireTime, leaseDurationSeconds } = lease?.spec ?? {};
  if (!holderIdentity || isKnownDead(holderIdentity)) return undefined;
  const age = now - Date.parse(renewTime ?? "");
  if (age > (leaseDurationSeconds ?? 0) * 1000) return undefined;
  return `${holderIdentity} since ${acquireTime ?? "an unknown time"}`;
}

/** True only when the holder was a process of this very machine and is gone. */
export function isKnownDead(holder: string): boolean {
  const match = /^(.*)\/(\d+)\/(.+)-[0-9a-f]{8}$/.exec(holder);
  if (!match || match[1] !== hostname() || match[3] !== pidNamespace()) return false;
  if (match[3] === UNKNOWN) return false;
  try {
    process.kill(Number(match[2]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

const UNKNOWN = "unknown";

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
