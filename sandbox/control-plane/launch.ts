import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isAlive } from "../toolchain/process-identity";
import { SandboxError } from "../toolchain/sandbox-error";
import type { ComponentName, ComponentState } from "./state";

/** How one component is started and when it counts as ready. */
export interface Component {
  name: ComponentName;
  file: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  ports: number[];
  log: string;
  ready: () => Promise<boolean>;
  /** Seconds until a component that isn't ready counts as broken. */
  timeout: number;
}

/** Starts a component that outlives this process, with its output in its log. */
export function launch(component: Component, cwd: string): ComponentState {
  const { name, file, args, env = process.env, ports, log } = component;
  const output = openSync(log, "a");
  try {
    const child = spawn(file, args, {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", output, output],
    });
    // Without a listener a program that can't be executed would end this process.
    child.on("error", () => {});
    child.unref();
    if (child.pid === undefined) {
      throw new SandboxError("SANDBOX_START_FAILED", `${file} could not be executed.`);
    }
    // It may have ended already; then `waitReady` tells why, from its log.
    const identity = identify(child.pid) ?? { pid: child.pid, started: "ended" };
    return { name, ...identity, ports, log };
  } finally {
    closeSync(output);
  }
}

/** Waits until a started component is ready; throws with the end of its log when it won't be. */
export async function waitReady(
  component: Component,
  state: ComponentState,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + component.timeout * 1000;
  for (;;) {
    if (signal?.aborted) {
      throw new SandboxError("SANDBOX_ABORTED", `Interrupted while ${component.name} started.`);
    }
    if (await component.ready()) return;
    if (!isAlive(state)) throw startError(component, "ended right after its start");
    if (Date.now() > deadline) {
      throw startError(component, `was not ready within ${component.timeout} s`);
    }
    await sleep(100);
  }
}

function startError({ name, log, ports }: Component, what: string): SandboxError {
  const end = lastLines(log, 8);
  const busy = /address already in use/.test(end);
  const remedy = busy
    ? `Another program took one of its ports (${ports.join(", ")}) meanwhile: run this again to get other ones.`
    : `Its whole log is ${log}. Run this again; if it stays, \`down --purge\` gives a fresh start.`;
  return new SandboxError(
    busy ? "SANDBOX_PORT_BUSY" : "SANDBOX_START_FAILED",
    `${name} ${what}. ${remedy} The log ends with:\n${end}`,
  );
}

function lastLines(file: string, count: number): string {
  try {
    const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-count);
    return lines.map((line) => line.slice(0, 400)).join("\n");
  } catch {
    return "";
  }
}
