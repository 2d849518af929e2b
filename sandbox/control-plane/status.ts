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
  const healthy =
    components.every(({ alive }) => alive) &&
    // A busy machine may answer late; a dead server refuses the connection at once.
    ((await get(`${state.server}/livez`)) ?? (await get(`${state.server}/livez`)))?.status === 200;
  const phase = state.phase === "starting" ? "starting" : healthy ? "running" : "broken";
  return { dir: layout.dir, phase, server: state.server, components };
}

/** As {@link statusOf}, for the sandbox in `dir`. */
export function sandboxStatus(dir?: string): Promise<SandboxStatus> {
  return statusOf(layoutOf(dir));
}
