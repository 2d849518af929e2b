import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { admitAnyPod } from "../../../sandbox/control-plane/access";
import { fleetDefaults } from "../../../sandbox/load/options";
import { startFleet, type FleetProcess } from "../../../sandbox/load/process";
import { KubeClient } from "../../../sandbox/node-agent/kube/client";
import type { Pod } from "../../../sandbox/node-agent/kube/types";
import { NODE_PORTS } from "../../../sandbox/node-agent/network/connection-table";
import { sandboxUp, type Sandbox } from "../../../sandbox/sandbox";
import { isReady, PODS, until } from "../node-agent/fixtures/cluster";

const labels = { app: "brokers" };
const dir = mkdtempSync(path.join(os.tmpdir(), "node-port-"));
let sandbox: Sandbox;
let client: KubeClient;
let fleet: FleetProcess | undefined;

before(
  async () => {
    sandbox = await sandboxUp({ dir });
    client = await KubeClient.fromFile(sandbox.kubeconfig);
    await admitAnyPod(client, "default");
  },
  { timeout: 180_000 },
);
after(async () => {
  await fleet?.stop();
  await sandbox?.down();
  rmSync(dir, { recursive: true, force: true });
});

test("A fleet behind a node port knows which pod each client has reached", async () => {
  const probe = { tcpSocket: { port: 1883 }, periodSeconds: 1 };
  const env = { name: "EMQX_HOST", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } };
  const container = { name: "emqx", image: "emqx/emqx:5.8.6", readinessProbe: probe, env: [env] };
  await client.create("/apis/apps/v1/namespaces/default/deployments", {
    metadata: { name: "brokers" },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  });
  const nodePort = await freeNodePort();
  await client.create("/api/v1/namespaces/default/services", {
    metadata: { name: "brokers" },
    spec: {
      type: "NodePort",
      selector: labels,
      ports: [{ name: "mqtt", port: 1883, targetPort: 1883, nodePort }],
    },
  });
  const pods = await until("three ready brokers", async () => {
    const { items } = await client.get<{ items: Pod[] }>(`${PODS}?labelSelector=app=brokers`);
    return items.length === 3 && items.every(isReady) && items;
  });
  await until("their endpoints", async () => {
    const slices = await client.get<{ items: { endpoints?: object[] }[] }>(
      "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=brokers",
    );
    return slices.items.flatMap(({ endpoints = [] }) => endpoints).length === 3;
  });
  fleet = await startFleet({
    ...fleetDefaults,
    clients: 600,
    offline: 0,
    run: "node-port",
    endpoints: {
      kind: "node-port",
      kubeconfig: sandbox.kubeconfig,
      namespace: "default",
      service: "brokers",
      nodePort,
      tables: path.join(dir, NODE_PORTS),
    },
  });
  const figures = await fleet.figures();
  const names = pods.map(({ metadata }) => metadata.name).sort();
  assert.deepEqual([...figures.pods].sort(), names);
  const reached = (pod: number): number =>
    figures.connects.filter(([, , where]) => where === pod).length;
  assert.deepEqual([0, 1, 2].map(reached), [200, 200, 200]);
});

/** A free port of the range that Services may ask for. */
async function freeNodePort(): Promise<number> {
  for (;;) {
    const port = 30_000 + Math.floor(Math.random() * 2768);
    const server = net.createServer();
    const outcome = await Promise.race([
      once(server.listen(port, "127.0.0.1"), "listening").then(() => true),
      once(server, "error").then(() => false),
    ]).catch(() => false);
    server.close();
    if (outcome) return port;
  }
}
