import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import type { EndpointSlice, Service } from "../../../../sandbox/node-agent/kube/types";
import { NodePorts } from "../../../../sandbox/node-agent/network/node-ports";

const HOST = "127.88.0.251";

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
  const ports = new NodePorts(() => slices, recorder());
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
  const ports = new NodePorts(() => [], events);
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
