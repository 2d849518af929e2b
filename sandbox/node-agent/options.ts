import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

/** Everything that shapes one agent. */
export interface AgentOptions {
  /** Path of a kubeconfig with cluster-admin rights. */
  kubeconfig: string;
  /** Folder for pods, volumes, logs, hosts file and `agent.json`. */
  dir: string;
  /** Where pid and port are written when the agent is ready. Default `<dir>/agent.json`. */
  portFile: string;
  /** Program and first arguments that play a pod's EMQX (`SANDBOX_EMQX`). */
  emqx: string[];
  /** Milliseconds that the pull of an image takes that is not on the node yet (`SANDBOX_PULL_MS`, 300). */
  pullMs: number;
  /** First delay of CrashLoopBackOff and ImagePullBackOff in milliseconds (`SANDBOX_BACKOFF_MS`, 10000 as kubelet's). */
  backoffMs: number;
  /** Allocatable CPU of the node as a quantity (`SANDBOX_CPU`, "64"). */
  cpu: string;
  /** Allocatable memory of the node as a quantity (`SANDBOX_MEMORY`, "256Gi"). */
  memory: string;
  /** Domain of the cluster's DNS names (`SANDBOX_CLUSTER_DOMAIN`, "cluster.local"). */
  clusterDomain: string;
}

/** Reads command line and environment; throws with the usage when an argument is missing. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): AgentOptions {
  const { values } = parseArgs({
    args,
    options: {
      kubeconfig: { type: "string" },
      dir: { type: "string" },
      "port-file": { type: "string" },
    },
  });
  if (!values.kubeconfig || !values.dir) {
    throw new Error(
      "Expected --kubeconfig FILE and --dir FOLDER. Usage: main.js --kubeconfig FILE --dir FOLDER [--port-file FILE]",
    );
  }
  const dir = path.resolve(values.dir);
  return {
    kubeconfig: path.resolve(values.kubeconfig),
    dir,
    portFile: path.resolve(values["port-file"] ?? path.join(dir, "agent.json")),
    emqx: emqxCommand(env.SANDBOX_EMQX),
    pullMs: milliseconds("SANDBOX_PULL_MS", env.SANDBOX_PULL_MS, 300),
    backoffMs: milliseconds("SANDBOX_BACKOFF_MS", env.SANDBOX_BACKOFF_MS, 10_000),
    cpu: env.SANDBOX_CPU || "64",
    memory: env.SANDBOX_MEMORY || "256Gi",
    clusterDomain: env.SANDBOX_CLUSTER_DOMAIN || "cluster.local",
  };
}

/** The simulator unless a program is named; a JavaScript file is run by this Node. */
function emqxCommand(program: string | undefined): string[] {
  if (!program) {
    const compiled = path.resolve(__dirname, "../emqx/main.js");
    const fromSource = path.resolve(__dirname, "../../build/sandbox/emqx/main.js");
    return [process.execPath, existsSync(compiled) ? compiled : fromSource];
  }
  const file = path.resolve(program);
  return /\.[cm]?js$/.test(file) ? [process.execPath, file] : [file];
}

function milliseconds(name: string, text: string | undefined, otherwise: number): number {
  if (!text) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) {
    throw new Error(`Expected ${name} to be a number of milliseconds, got \`${text}\`.`);
  }
  return value;
}
