import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../toolchain/repository";
import { SandboxError } from "../toolchain/sandbox-error";
import type { Component } from "./launch";
import type { Layout } from "./layout";

/** The compiled node agent; it always runs compiled, however this code runs. */
export function nodeAgentScript(): string {
  const script = join(repositoryRoot(), "build", "sandbox", "node-agent", "main.js");
  if (existsSync(script)) return script;
  throw new SandboxError(
    "SANDBOX_NOT_BUILT",
    `${script} does not exist. Run \`npm run build\`, then run this again.`,
  );
}

/** The node agent, which plays scheduler and kubelet and runs each pod as a process. */
export function nodeAgent(script: string, layout: Layout): Component {
  return {
    name: "node-agent",
    file: process.execPath,
    args: [script, "--kubeconfig", layout.nodeAgentKubeconfig, "--dir", layout.dir],
    env: { ...process.env, SANDBOX_DIR: layout.dir },
    ports: [],
    log: join(layout.logs, "node-agent.log"),
    ready: async () => existsSync(layout.agentReady),
    timeout: 60,
  };
}

/** The port on which a ready agent serves the API server's kubelet requests. */
export function nodeAgentPort(layout: Layout): number | undefined {
  try {
    const { port } = JSON.parse(readFileSync(layout.agentReady, "utf8")) as { port?: number };
    return port;
  } catch {
    return undefined;
  }
}
