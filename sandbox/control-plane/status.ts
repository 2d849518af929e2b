import { isAlive } from "../toolchain/process-identity";
import { get } from "./http";
import { layoutOf, type Layout } from "./layout";
import { readState, type ComponentName } from "./state";

export interface ComponentStatus {
  name: ComponentName;
  pid: number;
  ports: number[];
  alive: boolean;
  log: string;
}

export interface SandboxStatus {
  dir: string;
  /**
   * `stopped`: nothing was started; `starting`: another run of `up` is at it, or was killed;
   * `running`: everything is alive and the API server answers; `broken`: something is not.
   */
  phase: "stopped" | "starting" | "running" | "broken";
  /** URL of the API server; empty when stopped. */
  server: string;
  components: ComponentStatus[];
}

/** Looks at the processes of a sandbox; changes nothing. */
export async function statusOf(layout: Layout): Promise<SandboxStatus> {
  const state = readState(layout);
  if (!state) return { dir: layout.dir, phase: "stopped", server: "", components: [] };
  const components = state.components.map(({ name, pid, started, ports, log }) => ({
    name,
    pid,
    ports,
    alive: isAlive({ pid, started }),
    log,
  }));
  const phase =
    state.phase === "starting"
      ? "starting"
      : components.every(({ alive }) => alive) && (await answers(state.server))
        ? "running"
        : "broken";
  return { dir: layout.dir, phase, server: state.server, components };
}

// A busy machine may answer late, so it is asked twice; a dead server refuses at once.
async function answers(server: string): Promise<boolean> {
  const ask = (): ReturnType<typeof get> => get(`${server}/livez`);
  return ((await ask()) ?? (await ask()))?.status === 200;
}

/** As {@link statusOf}, for the sandbox in `dir`. */
export function sandboxStatus(dir?: string): Promise<SandboxStatus> {
  return statusOf(layoutOf(dir));
}
