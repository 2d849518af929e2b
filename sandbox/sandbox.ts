import { existsSync, rmSync } from "node:fs";
import { sandboxEnvironment } from "./control-plane/environment";
import { layoutOf, type Layout } from "./control-plane/layout";
import { nodeAgentScript } from "./control-plane/node-agent";
import { preparePulumi } from "./control-plane/prepare-pulumi";
import { checkHost } from "./control-plane/preflight";
import { checkPort } from "./control-plane/ports";
import { startComponents } from "./control-plane/start";
import { readState, type SandboxState } from "./control-plane/state";
import { statusOf } from "./control-plane/status";
import { stopComponents } from "./control-plane/stop";
import { withFileLock } from "./toolchain/file-lock";
import { SandboxError } from "./toolchain/sandbox-error";
import { ensureToolchain } from "./toolchain/toolchain";

export { sandboxStatus, type SandboxStatus } from "./control-plane/status";

/** A running sandbox. */
export interface Sandbox {
  dir: string;
  /** Path of a cluster-admin kubeconfig. */
  kubeconfig: string;
  /** URL of the API server. */
  server: string;
  /** JSON lines, one for each request that the API server answered: writes, and what Pulumi read. */
  auditLog: string;
  /** PATH with pulumi, KUBECONFIG of a user with the rights of deploy/role.yaml, PULUMI_HOME, ... */
  env: Record<string, string>;
  /** Ends every process of it; what it stored stays for the next `sandboxUp`. */
  down(): Promise<void>;
}

export interface SandboxUpOptions {
  /** Folder of the sandbox; default `SANDBOX_DIR`, or `.sandbox` in the repository. */
  dir?: string;
  /** Port for the API server when it has to be started; default a free one. */
  port?: number;
  log?: (line: string) => void;
  /** Ends a start that isn't finished; what was started by then is ended too. */
  signal?: AbortSignal;
}

/** Starts the sandbox of a folder, or attaches to it when it runs already. */
export async function sandboxUp(options: SandboxUpOptions = {}): Promise<Sandbox> {
  const { log = () => {}, signal } = options;
  const layout = layoutOf(options.dir);
  const onWait = (pid: number): void => log(`Waiting for process ${pid}, which works on it too`);
  return withFileLock(layout.lock, () => attachOrStart(layout, { ...options, log }), {
    onWait,
    signal,
  });
}

/** The running sandbox of a folder; throws when it isn't running. */
export async function sandboxAttach(dir?: string): Promise<Sandbox> {
  const layout = layoutOf(dir);
  const { phase } = await statusOf(layout);
  const state = readState(layout);
  if (phase === "running" && state) return describe(layout, state);
  throw new SandboxError(
    "SANDBOX_NOT_RUNNING",
    `The sandbox in ${layout.dir} is ${phase}. Start it with \`npm run sandbox -- up\`.`,
  );
}

/** Ends every process of a folder's sandbox; with `purge` the folder goes too. */
export async function sandboxDown(options: { dir?: string; purge?: boolean } = {}): Promise<void> {
  const layout = layoutOf(options.dir);
  if (!existsSync(layout.dir)) return;
  await withFileLock(layout.lock, () => stopComponents(layout));
  if (options.purge) rmSync(layout.dir, { recursive: true, force: true });
}

async function attachOrStart(
  layout: Layout,
  options: SandboxUpOptions & { log: (line: string) => void },
): Promise<Sandbox> {
  const status = await statusOf(layout);
  const running = readState(layout);
  if (status.phase === "running" && running) {
    await preparePulumi(layout, running.pulumiFolder, options.log);
    options.log(`The sandbox in ${layout.dir} runs already`);
    return describe(layout, running);
  }
  if (status.phase !== "stopped") {
    const dead = status.components.filter(({ alive }) => !alive).map(({ name }) => name);
    const what = dead.length > 0 ? `${dead.join(", ")} ended` : "its start was not finished";
    options.log(`The sandbox in ${layout.dir} is incomplete (${what}); starting it again`);
    await stopComponents(layout);
  }
  const { log, port, signal } = options;
  await checkHost();
  if (port !== undefined) await checkPort(port);
  const script = nodeAgentScript();
  const toolchain = await ensureToolchain({ log, signal });
  await preparePulumi(layout, toolchain.pulumiFolder, log);
  try {
    const state = await startComponents(layout, {
      toolchain,
      nodeAgentScript: script,
      port,
      log,
      signal,
    });
    log(`The sandbox is up: ${state.server}, folder ${layout.dir}`);
    return describe(layout, state);
  } catch (error) {
    log("Ending what was started");
    await stopComponents(layout);
    throw error;
  }
}

function describe(layout: Layout, state: SandboxState): Sandbox {
  return {
    dir: layout.dir,
    kubeconfig: layout.kubeconfig,
    server: state.server,
    auditLog: layout.auditLog,
    env: sandboxEnvironment(layout, state.pulumiFolder),
    down: () => sandboxDown({ dir: layout.dir }),
  };
}
