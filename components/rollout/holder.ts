import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Lease } from "../kubernetes/shapes";

/**
 * Who holds the fence: `host/pid/boot.namespace-random`. What stands after the pid tells whether it
 * means anything to us: clones of a machine share a host name, and so do containers, which do not
 * see each other's processes.
 */
export function holderIdentity(): string {
  return `${hostname()}/${process.pid}/${processSpace() ?? UNKNOWN}-${randomBytes(4).toString("hex")}`;
}

/** Who is at work just now, for people to read; by this machine's clock, so nothing is decided by it. */
export function atWork(lease: Lease | undefined, now: number): string | undefined {
  const { holderIdentity, renewTime, acquireTime, leaseDurationSeconds } = lease?.spec ?? {};
  if (!holderIdentity || isKnownDead(holderIdentity)) return undefined;
  const age = now - Date.parse(renewTime ?? "");
  if (age > (leaseDurationSeconds ?? 0) * 1000) return undefined;
  return `${holderIdentity} since ${acquireTime ?? "an unknown time"}`;
}

/** True only when the holder was a process of this very machine, since it was started, and is gone. */
export function isKnownDead(holder: string): boolean {
  const match = /^(.*)\/(\d+)\/(.+)-[0-9a-f]{8}$/.exec(holder);
  if (!match || match[1] !== hostname() || match[3] !== processSpace()) return false;
  try {
    process.kill(Number(match[2]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

const UNKNOWN = "unknown";

/**
 * Where a pid is one process: the kernel's boot and the pid namespace, whose number alone is the
 * same on every machine. Undefined where the system does not tell, such as outside of Linux.
 */
function processSpace(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").replaceAll("-", "").trim();
    const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
    return boot && namespace && `${boot.slice(0, BOOT_DIGITS)}.${namespace}`;
  } catch {
    return undefined;
  }
}

/** Enough to tell machines apart, few enough for people to read. */
const BOOT_DIGITS = 12;
