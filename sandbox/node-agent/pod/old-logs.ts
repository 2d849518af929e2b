import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";

/** Folder of the pods' logs below the agent's folder; they outlive the pods, for diagnoses. */
export const LOGS = "pod-logs";

/** Removes the logs of all but the newest pods. */
export function removeOldLogs(dir: string, keep = 50): void {
  const logs = path.join(dir, LOGS);
  if (!existsSync(logs)) return;
  const folders = readdirSync(logs)
    .map((name) => path.join(logs, name))
    .map((folder) => ({ folder, changed: statSync(folder).mtimeMs }))
    .sort((a, b) => b.changed - a.changed);
  for (const { folder } of folders.slice(keep)) rmSync(folder, { recursive: true, force: true });
}
