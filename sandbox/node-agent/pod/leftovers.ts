import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { processStart } from "./process";

/** Folder of the pods below the agent's folder. */
export const PODS = "pods";

/**
 * Ends the pods' processes of an agent that was killed, then removes their folders. A pid counts
 * only with its start time: it may belong to somebody else by now.
 */
export function endLeftovers(dir: string): number {
  const pods = path.join(dir, PODS);
  let ended = 0;
  for (const file of pidFiles(pods)) {
    const [pid, start] = readFileSync(file, "utf8").trim().split(" ");
    if (!pid || processStart(Number(pid)) !== start) continue;
    try {
      process.kill(-Number(pid), "SIGKILL");
      ended += 1;
    } catch {
      // It ended in between.
    }
  }
  rmSync(pods, { recursive: true, force: true });
  return ended;
}

/**
 * Starts a shell that waits for the agent's end, however it comes, and then ends the processes
 * that are left: a killed agent must not leave brokers behind that nobody knows.
 */
export function startReaper(dir: string): void {
  const script =
    'cat >/dev/null; for f in "$0"/*/*.pid; do [ -f "$f" ] || continue; ' +
    'read -r pid rest <"$f" && kill -KILL "-$pid"; done 2>/dev/null; exit 0';
  const reaper = spawn("sh", ["-c", script, path.join(dir, PODS)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  reaper.on("error", () => undefined);
  reaper.unref();
  // The pipe has to stay open for as long as the agent lives, without keeping it alive.
  (reaper.stdin as unknown as { unref(): void }).unref();
}

function pidFiles(pods: string): string[] {
  if (!existsSync(pods)) return [];
  return readdirSync(pods).flatMap((pod) =>
    readdirSync(path.join(pods, pod))
      .filter((file) => file.endsWith(".pid"))
      .map((file) => path.join(pods, pod, file)),
  );
}
