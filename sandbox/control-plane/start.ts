import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Toolchain } from "../toolchain/toolchain";
import { KubeClient } from "../node-agent/kube/client";
import { prepareNamespace } from "./access";
import { apiServer } from "./api-server";
import { auditPolicy } from "./audit-policy";
import { controllerManager } from "./controller-manager";
import { prepareCredentials } from "./credentials";
import { etcd } from "./etcd";
import { writeKubeconfigs } from "./kubeconfig";
import { launch, waitReady, type Component } from "./launch";
import type { Layout } from "./layout";
import { nodeAgent, nodeAgentPort } from "./node-agent";
import { freePorts } from "./ports";
import { writeState, type ComponentState, type SandboxState } from "./state";

export interface StartOptions {
  toolchain: Toolchain;
  nodeAgentScript: string;
  /** Port for the API server; a free one when absent. */
  port?: number;
  log: (line: string) => void;
  signal?: AbortSignal;
}

/** Starts all components one after the other; each process is in `state.json` once it exists. */
export async function startComponents(
  layout: Layout,
  options: StartOptions,
): Promise<SandboxState> {
  const { toolchain, log } = options;
  const [clientPort, peerPort, managerPort, anyPort] = (await freePorts(4)) as FourPorts;
  const port = options.port ?? anyPort;
  const server = `https://127.0.0.1:${port}`;
  const { pulumiFolder } = toolchain;
  const state: SandboxState = { phase: "starting", server, pulumiFolder, components: [] };
  mkdirSync(layout.logs, { recursive: true });
  const tokens = prepareCredentials(layout);
  writeFileSync(layout.auditPolicy, JSON.stringify(auditPolicy));
  rmSync(layout.agentReady, { force: true });

  const start = async (component: Component): Promise<ComponentState> => {
    const begin = Date.now();
    const started = launch(component, layout.dir);
    state.components.push(started);
    writeState(layout, state);
    await waitReady(component, started, options.signal);
    log(`Started ${component.name} in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
    return started;
  };
  await start(etcd(toolchain.etcd, layout, clientPort, peerPort));
  await start(apiServer(toolchain.kubeApiserver, layout, port, clientPort, tokens.admin));
  writeKubeconfigs(layout, server, tokens);
  await start(
    controllerManager(toolchain.kubeControllerManager, layout, managerPort, server, tokens.admin),
  );
  await prepareNamespace(await KubeClient.fromFile(layout.kubeconfig), "default");
  const agent = await start(nodeAgent(options.nodeAgentScript, layout));
  agent.ports = [nodeAgentPort(layout) ?? []].flat();
  state.phase = "running";
  writeState(layout, state);
  return state;
}

type FourPorts = [number, number, number, number];
