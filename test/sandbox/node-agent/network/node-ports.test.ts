import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, test } from "node:test";
import type { EndpointSlice, Service } from "../../../../sandbox/node-agent/kube/types";
import { ConnectionTable } from "../../../../sandbox/node-agent/network/connection-table";
import { NodePorts } from "../../../../sandbox/node-agent/network/node-ports";

const HOST = "127.88.0.251";
const PORT = 21_883;
const tables = mkdtempSync(path.join(os.tmpdir(), "node-ports-"));
after(() => rmSync(tables, { recursive: true }));

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function nodePortService(nodePort: number): Service {
  return {
    metadata: { name: "listeners", namespace: "mqtt", uid: "s" },
    spec: { type: "NodePort", ports: [{ name: "mqtt", port: 1883, nodePort }] },
  };
}

function sliceOf(port: number, ready: boolean): EndpointSlice {
  return {
    metadata: {
      name: "x",
      namespace: "mqtt",
      uid: "e",
      labels: { "kubernetes.io/service-name": "listeners" },
    },
    addressType: "IPv4",
    ports: [{ name: "mqtt", port }],
    endpoints: [{ addresses: ["10.88.0.251"], conditions: { ready } }],
  };
}

function recorder() {
  const warnings: string[] = [];
  return {
    warnings,
    normal: () => undefined,
    warning: (_about: unknown, reason: string, message: string) =>
      void warnings.push(`${reason}: ${message}`),
  };
}

async function talk(port: number): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("ping");
    const [data] = (await once(socket, "data", { signal: AbortSignal.timeout(5000) })) as [Buffer];
    return data.toString();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "closed";
  } finally {
    socket.destroy();
  }
}

test("a node port leads to a ready endpoint, resets without one, and closes with the Service", async () => {
  const echo = net.createServer((socket) => void socket.pipe(socket)).listen(0, HOST);
  await once(echo, "listening");
  const target = (echo.address() as net.AddressInfo).port;
  let slices = [sliceOf(target, true)];
  const ports = new NodePorts(() => slices, recorder(), tables);
  const nodePort = await freePort();
  ports.sync([nodePortService(nodePort)]);
  await delay(50);
  assert.equal(await talk(nodePort), "ping");
  slices = [sliceOf(target, false)];
  assert.equal(await talk(nodePort), "ECONNRESET");
  ports.sync([]);
  await delay(50);
  assert.equal(await talk(nodePort), "ECONNREFUSED");
  echo.close();
});

test("a busy port is reported and taken when it is free again", async () => {
  const other = net.createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const nodePort = (other.address() as net.AddressInfo).port;
  const events = recorder();
  const ports = new NodePorts(() => [], events, tables);
  ports.sync([nodePortService(nodePort)]);
  await delay(50);
  assert.equal(events.warnings.length, 1);
  assert.match(events.warnings[0] ?? "", /NodePortUnavailable: Port \d+ of 127.0.0.1 cannot/);
  other.close();
  await once(other, "close");
  ports.sync([nodePortService(nodePort)]);
  await delay(50);
  assert.equal(await talk(nodePort), "ECONNRESET");
  ports.closeAll();
});

test("several hundred connections at once go through a node port, evenly, and are written down", async () => {
  const hosts = ["127.88.0.252", "127.88.0.253"];
  const servers = await Promise.all(
    hosts.map(async (host) => {
      const server = net.createServer((socket) => {
        socket.on("error", () => socket.destroy());
        socket.write(host);
      });
      server.listen(PORT, host);
      await once(server, "listening");
      return server;
    }),
  );
  const slice = sliceOf(PORT, true);
  slice.endpoints = hosts.map((host) => ({ addresses: [host.replace("127.", "10.")] }));
  const ports = new NodePorts(() => [slice], recorder(), tables);
  const nodePort = await freePort();
  ports.sync([nodePortService(nodePort)]);
  await delay(50);
  const table = new ConnectionTable(tables, nodePort, "read");
  const sockets = Array.from({ length: 600 }, () => net.connect(nodePort, "127.0.0.1"));
  const reached = await Promise.all(
    sockets.map(async (socket) => {
      const [data] = (await once(socket, "data")) as [Buffer];
      return [data.toString(), table.get(socket.localPort ?? 0)?.replace("10.", "127.")];
    }),
  );
  for (const [host, written] of reached) assert.equal(written, host);
  assert.equal(reached.filter(([host]) => host === hosts[0]).length, 300);
  sockets.forEach((socket) => socket.destroy());
  table.close();
  ports.closeAll();
  servers.forEach((server) => server.close());
});
