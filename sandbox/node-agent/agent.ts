import { mkdirSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Images } from "./image/images";
import { KubeClient } from "./kube/client";
import { Events } from "./kube/events";
import { keyOf } from "./kube/reflector";
import { Addresses } from "./network/addresses";
import { HostsFile, hostsText } from "./network/hosts";
import { syncLoadBalancer } from "./network/load-balancer";
import { NODE_PORTS } from "./network/connection-table";
import { NodePorts } from "./network/node-ports";
import { parseQuantity } from "./node/quantity";
import { AGENT_NODE, MAX_PODS, NODE_ADDRESS, NODES } from "./node/nodes";
import { Hosts } from "./node/hosts";
import { registerNode } from "./node/registration";
import { Scheduler } from "./node/scheduler";
import type { AgentOptions } from "./options";
import { endLeftovers, startReaper } from "./pod/leftovers";
import { removeOldLogs } from "./pod/old-logs";
import { Pods } from "./pod/pods";
import { startKubeletServer } from "./server/kubelet-server";
import { Claims } from "./volume/claims";
import { watchCluster } from "./watch";

/** What the pods' processes get between SIGTERM and SIGKILL when the agent ends. */
const SHUTDOWN_GRACE_MS = 1500;

export interface Agent {
  /** Port of the kubelet server. */
  port: number;
  /** Ends all pod processes and everything else; the pods stay in the API server. */
  stop(): Promise<void>;
}

/** Starts the nodes: resolves when they are registered and has seen everything there is. */
export async function startAgent(
  options: AgentOptions,
  log: (line: string) => void,
): Promise<Agent> {
  mkdirSync(options.dir, { recursive: true });
  const ended = endLeftovers(options.dir);
  if (ended > 0) log(`ended ${ended} process(es) of an agent that was killed`);
  startReaper(options.dir);
  removeOldLogs(options.dir);
  const client = await KubeClient.fromFile(options.kubeconfig);
  const addresses = await Addresses.open();
  const events = new Events(client, AGENT_NODE, log);
  const images = new Images(path.join(options.dir, "images.json"), options.pullMs);
  const names = new HostsFile(path.join(options.dir, "hosts"));
  await names.write("");
  const cluster = watchCluster(client, log);
  const claim = (namespace: string, name: string) =>
    cluster.claims.items.get(`${namespace}/${name}`);
  const claims = new Claims(client, options.dir, claim, log);
  const hostsFile = names.path;
  const hosts = new Hosts((node, hung) => {
    log(`${node} ${hung ? "hangs" : "goes on"}`);
    pods.hostChanged(node, hung);
  });
  const pods = new Pods({
    client,
    events,
    images,
    addresses,
    claims,
    hosts,
    hostsFile,
    options,
    log,
  });
  const nodePorts = new NodePorts(
    () => cluster.slices.items.values(),
    events,
    path.join(options.dir, NODE_PORTS),
  );
  const scheduler = new Scheduler({
    client,
    events,
    log,
    claim,
    pods: () => cluster.pods.items.values(),
    closed: (node, pod) => hosts.refusal(node, pod),
    capacity: {
      cpu: parseQuantity(options.cpu),
      memory: parseQuantity(options.memory),
      pods: MAX_PODS,
    },
  });
  const server = await startKubeletServer(AGENT_NODE, NODE_ADDRESS, pods);
  const stopping = new AbortController();
  const resources = { cpu: options.cpu, memory: options.memory };
  const { signal } = stopping;
  await Promise.all(
    NODES.map((node) => {
      const isHung = () => hosts.isHung(node.name);
      return registerNode(client, node, server.port, resources, signal, log, isHung);
    }),
  );

  await cluster.start({
    pod: (pod) => {
      scheduler.consider(pod);
      pods.changed(pod);
    },
    podGone: (pod) => {
      scheduler.forget(pod);
      pods.gone(pod);
      scheduler.retry();
    },
    podsListed: () => scheduler.retry(),
    node: (node) => {
      hosts.update(node);
      scheduler.retry();
    },
    claim: () => scheduler.retry(),
    claimGone: (gone) => void claims.remove(gone),
    services: () => nodePorts.sync(cluster.services.items.values()),
    service: (service) => {
      syncLoadBalancer(client, service).catch((error) =>
        log(`address of Service ${keyOf(service)}: ${String(error)}`),
      );
    },
    names: () => {
      const { services, slices } = cluster;
      const text = hostsText(services.items.values(), slices.items.values(), options.clusterDomain);
      names.write(text).catch((error) => log(`hosts file: ${String(error)}`));
    },
  });
  await claims.removeOrphans(cluster.claims.items.values());
  await announce(options.portFile, server.port);
  return {
    port: server.port,
    stop: async () => {
      stopping.abort();
      cluster.stop();
      await pods.shutdown(SHUTDOWN_GRACE_MS);
      nodePorts.closeAll();
      server.close();
      addresses.close();
      await rm(options.portFile, { force: true });
    },
  };
}

/** Written to a file of its own name first, so that whoever waits for it never reads half of it. */
async function announce(file: string, port: number): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify({ pid: process.pid, port }));
  await rename(`${file}.new`, file);
}
