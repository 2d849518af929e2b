import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { ProcessIdentity } from "../toolchain/process-identity";
import type { Layout } from "./layout";

export type ComponentName = "etcd" | "kube-apiserver" | "kube-controller-manager" | "node-agent";

/** One running part of a sandbox. */
export interface ComponentState extends ProcessIdentity {
  name: ComponentName;
  /** TCP ports that it listens on, on 127.0.0.1. */
  ports: number[];
  log: string;
}

/** What `state.json` holds: everything that `down` must know to end the sandbox. */
export interface SandboxState {
  /** `starting` until everything answered once; a run that is killed leaves it at that. */
  phase: "starting" | "running";
  /** URL of the API server. */
  server: string;
  /** Folder with the Pulumi CLI. */
  pulumiFolder: string;
  components: ComponentState[];
}

/** The state of a sandbox; undefined when none was started or it was stopped. */
export function readState({ state }: Layout): SandboxState | undefined {
  let text: string;
  try {
    text = readFileSync(state, "utf8");
  } catch {
    return undefined;
  }
  return JSON.parse(text) as SandboxState;
}

/** Replaces the state in one step, so that no reader sees half of it. */
export function writeState({ state: file }: Layout, state: SandboxState): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(draft, file);
}
