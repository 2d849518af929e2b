import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { EndpointSlice, Service } from "../../../../sandbox/node-agent/kube/types";
import { readyTargets } from "../../../../sandbox/node-agent/network/endpoints";
import { HostsFile, hostsText } from "../../../../sandbox/node-agent/network/hosts";

function service(name: string, spec: Partial<Service["spec"]> = {}): Service {
  return { metadata: { name, namespace: "mqtt", uid: name }, spec };
}

function slice(of: string, endpoints: EndpointSlice["endpoints"]): EndpointSlice {
  return {
    metadata: {
      name: `${of}-x`,
      namespace: "mqtt",
      uid: of,
      labels: { "kubernetes.io/service-name": of },
    },
    addressType: "IPv4",
    ports: [{ name: "mqtt", port: 1883 }],
    endpoints,
  };
}

const endpoints = [
  { addresses: ["10.88.3.2"], hostname: "emqx-1", conditions: { ready: false } },
  { addresses: ["10.88.3.1"], hostname: "emqx-0", conditions: { ready: true } },
];
const zone = "emqx-headless.mqtt.svc.cluster.local";

test("each address of a headless Service is listed under the pod's name and the Service's", () => {
  const headless = service("emqx-headless", {
    clusterIP: "None",
    publishNotReadyAddresses: true,
  });
  assert.equal(
    hostsText([headless], [slice("emqx-headless", endpoints)], "cluster.local"),
    `127.88.3.1 emqx-0.${zone} ${zone}\n127.88.3.2 emqx-1.${zone} ${zone}\n`,
  );
});

test("addresses that are not ready are left out unless the Service publishes them", () => {
  const headless = service("emqx-headless", { clusterIP: "None" });
  const text = hostsText([headless], [slice("emqx-headless", endpoints)], "cluster.local");
  assert.equal(text, `127.88.3.1 emqx-0.${zone} ${zone}\n`);
});

test("Services with an address of their own and slices without a Service are not listed", () => {
  const ordinary = service("emqx-headless", { clusterIP: "10.96.0.9" });
  assert.equal(hostsText([ordinary], [slice("emqx-headless", endpoints)], "cluster.local"), "");
  assert.equal(hostsText([], [slice("emqx-headless", endpoints)], "cluster.local"), "");
});

test("the file is replaced as a whole and left alone when nothing changed", async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), "hosts-"));
  const hosts = new HostsFile(path.join(dir, "hosts"));
  await Promise.all([hosts.write("a\n"), hosts.write("b\n")]);
  assert.equal(readFileSync(hosts.path, "utf8"), "b\n");
  const before = statSync(hosts.path).ino;
  await hosts.write("b\n");
  assert.equal(statSync(hosts.path).ino, before);
  await hosts.write("c\n");
  assert.notEqual(statSync(hosts.path).ino, before);
  assert.deepEqual(readdirSync(dir), ["hosts"]);
  rmSync(dir, { recursive: true });
});

test("connections may go to the ready endpoints of the named port", () => {
  const slices = [slice("emqx-listeners", endpoints), slice("other", endpoints)];
  const listeners = service("emqx-listeners");
  assert.deepEqual(readyTargets(listeners, "mqtt", slices), [
    { host: "127.88.3.1", port: 1883, podAddress: "10.88.3.1" },
  ]);
  assert.deepEqual(readyTargets(listeners, "ws", slices), []);
});
