import { readdirSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity } from "../toolchain/process-identity";
import type { Layout } from "./layout";
import { readState, type ComponentName } from "./state";

// Seconds between SIGTERM and SIGKILL. The agent first ends its pods; what the others hold is
// in etcd, which writes it down at once.
const grace: Record<ComponentName, number> = {
  "node-agent": 40,
  "kube-controller-manager": 3,
  "kube-apiserver": 3,
  etcd: 10,
};

const order: ComponentName[] = ["node-agent", "kube-controller-manager", "kube-apiserver", "etcd"];

/**
 * Ends every process of a sandbox, pods first, and forgets its state. Works on a sandbox that
 * was started halfway or whose parts have crashed.
 */
export async function stopComponents(layout: Layout): Promise<void> {
  const components = readState(layout)?.components ?? [];
  for (const name of order) {
    for (const component of components.filter((each) => each.name === name)) {
      await endProcess(component, grace[name]);
    }
    if (name === "node-agent") await endLeftPods(layout);
  }
  rmSync(layout.agentReady, { force: true });
  rmSync(layout.state, { force: true });
}

/** Ends one process: SIGTERM, and SIGKILL when it is still there after `seconds`. */
export async function endProcess(process: ProcessIdentity, seconds: number): Promise<void> {
  send(process, "SIGTERM");
  if (await gone(process, seconds)) return;
  send(process, "SIGKILL");
  await gone(process, 10);
}

// Pods of an agent that was killed go on without it. They carry SANDBOX_ROOT, a folder of this
// sandbox, in their environment; nothing else does.
async function endLeftPods(layout: Layout): Promise<void> {
  await Promise.all(podProcesses(layout).map((process) => endProcess(process, 5)));
}

/** Processes that play pods of this sandbox, by the environment that the agent gave them. */
export function podProcesses(layout: Layout): ProcessIdentity[] {
  if (process.platform !== "linux") return [];
  const mark = `SANDBOX_ROOT=${layout.dir}/`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => environmentOf(name).some((entry) => entry.startsWith(mark)))
    .flatMap((name) => identify(Number(name)) ?? []);
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function send(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function gone(target: ProcessIdentity, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (isAlive(target)) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}
