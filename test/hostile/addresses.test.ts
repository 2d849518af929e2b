/** IPv6: names of nodes, addresses that are dialled, and what EMQX lists. */
import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { directDial } from "../../components/kubernetes/port-forward";
import { coreNodeName, replicantNodeName } from "../../components/labels";
import { nodePath } from "../../components/emqx/answers";
import { look } from "../../components/rollout/look";
import { declaredPorts } from "../../components/ports";
import { scanConfig } from "../../components/config-scan";
import { emptyRecord } from "../../components/rollout/record";
import { cluster, node, NOW, wanted } from "../rollout/fixtures";

for (const address of ["fd00::1", "fd00:10:244::a:1", "::1", "2001:db8:1:2:3:4:5:6"]) {
  const name = replicantNodeName(address);

  test(`a replicant at ${address} is called by it, and forgotten by EMQX alone`, () => {
    assert.equal(name, `emqx@${address}`);
    assert.equal(nodePath(name), `emqx@${encodeURIComponent(address)}`);
    const seen = look(
      cluster([node("green", 0), node("green", 1)], { stopped: [name, "emqx@c-core-x-0.c"] }),
      wanted(),
      emptyRecord(),
      {},
      NOW,
    );
    assert.deepEqual(seen.forgotten, ["emqx@c-core-x-0.c"]);
  });
}

test("a pod is dialled at an IPv6 address as it is", async (t) => {
  const server = createServer((socket) => socket.on("error", () => undefined).end("hello"));
  const listening = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(0, "::1", () => resolve(true));
  });
  if (!listening) return t.diagnostic("this machine has no IPv6");
  try {
    const { port } = server.address() as AddressInfo;
    const stream = await directDial(() => "::1")("p-0", port);
    stream.on("error", () => undefined).destroy();
  } finally {
    server.close();
  }
});

test("listeners on IPv6 addresses have their ports", () => {
  const data = 'listeners.tcp.six.bind = "[::]:1999"\nlisteners.tcp.one.bind = "[fd00::1]:2000"';
  const { listeners } = declaredPorts(scanConfig({ config: { data } }));
  const ports = listeners.map(({ port }) => port);
  assert.ok(ports.includes(1999) && ports.includes(2000));
});

test("listeners whose names differ in what DNS cannot tell apart both have a port", () => {
  const data = "listeners.tcp.a_b.bind = 2001\nlisteners.tcp.a-b.bind = 2002";
  const { listeners } = declaredPorts(scanConfig({ config: { data } }));
  const own = listeners.filter(({ port }) => port > 2000 && port < 2003);
  assert.equal(new Set(own.map(({ name }) => name)).size, 2);
});

test("a name that ends in digits is told from the ordinal of its pod", () => {
  const site = { name: "emqx-1", namespace: "ns", clusterDomain: "cluster.local" };
  const name = coreNodeName(site, "emqx-1-core-bcdfghjk-12");
  assert.equal(name, "emqx@emqx-1-core-bcdfghjk-12.emqx-1-headless.ns.svc.cluster.local");
});
