import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { coreNodeName, oneColour } from "../../components/labels";
import type { Site } from "../../components/rollout/types";
import { FakeEmqx } from "../emqx/fake-emqx";
import { READY, site, World } from "./io-fixtures";

const enterprise: Site = {
  ...site,
  dialect: "v4",
  nodePrefix: "ee",
  listenersService: "c",
  dashboardPort: 8081,
};
let five: World;
let four: World;
before(async () => {
  five = await World.start();
  four = await World.start(enterprise);
});
beforeEach(() => {
  five.reset();
  four.reset();
});
after(async () => {
  await five.stop();
  await four.stop();
});

test("EMQX 4.4 is asked in its dialect, in a container of any name, behind its one Service", async () => {
  const pod = "c-rolling-0";
  const labels = { ...oneColour("c", "rolling") };
  delete labels["app.kubernetes.io/component"];
  const containers = [
    { name: "proxy", image: "envoy:1" },
    { name: "broker", image: "emqx/emqx-ee:4.4.19" },
  ];
  four.api.put("statefulsets", {
    kind: "StatefulSet",
    metadata: { name: "c-rolling", labels },
    spec: { replicas: 1, template: { spec: { containers } } },
  });
  four.api.put("pods", {
    kind: "Pod",
    metadata: { name: pod, labels },
    spec: { containers },
    status: { ...READY, containerStatuses: [{ name: "broker", state: { running: {} } }] },
  });
  four.api.put("services", {
    kind: "Service",
    metadata: { name: "c" },
    spec: { selector: oneColour("c", "rolling") },
  });
  const name = coreNodeName(enterprise, pod);
  const emqx = await new FakeEmqx(name).start();
  four.nodes.set(pod, emqx);
  four.api.forwards.set(pod, emqx.port);
  const row = { node: name, node_status: "Running", version: "4.4.19" };
  const ok = (data: unknown) => ({ status: 200, body: { code: 0, data } });
  emqx.answers.set(`GET /nodes/${name}`, ok(row));
  emqx.answers.set("GET /nodes", ok([row]));
  emqx.answers.set(`GET /nodes/${name}/stats`, ok({ "connections.count": 1, "sessions.count": 4 }));
  const { sets, nodes, service } = await four.connection.cluster.observe({ preflight: false });
  const [set] = sets;
  assert.equal(set?.role, "core");
  assert.equal(set?.name, "c-rolling");
  assert.equal(set?.image, "emqx/emqx-ee:4.4.19");
  const [node] = nodes;
  assert.equal(node?.node, `ee@${pod}.c-headless.ns.svc.cluster.local`);
  assert.equal(node?.connections, 4);
  assert.equal(node?.liveConnections, 1);
  assert.deepEqual(node?.view, { [name]: "running" });
  assert.deepEqual(service, { exists: true, selects: "rolling", readyPods: [] });

  await four.connection.cluster.act({ do: "select", role: "core", revision: "b", core: "b" });
  assert.deepEqual(four.api.writes(), ["PATCH services/c"]);
});

test("the log of a renamed container is asked for by its name", async () => {
  four.api.put("pods", {
    kind: "Pod",
    metadata: { name: "c-rolling-0", labels: oneColour("c", "rolling") },
    spec: { containers: [{ name: "broker", image: "emqx/emqx-ee:4.4.19" }] },
    status: {
      containerStatuses: [{ name: "broker", state: { waiting: { reason: "CrashLoopBackOff" } } }],
    },
  });
  four.api.intercept = ({ path, query }) =>
    path.endsWith("/log")
      ? { status: 200, body: `the log of ${query.get("container") ?? "none"}\n` }
      : undefined;
  const { nodes } = await four.connection.cluster.observe({ preflight: false });
  assert.match(nodes[0]?.trouble ?? "", /the log of broker/);
});

test("a setting that was changed by hand is told from what the first node that answers shows", async () => {
  await five.addSet("a", 2);
  assert.deepEqual(await five.connection.drift?.(), [], "nobody tells");
  five.nodes.get("c-core-a-1")!.answers.set("GET /configs", {
    status: 200,
    body: { mqtt: { max_packet_size: "1MB" }, authentication: { password: "******" } },
  });
  assert.deepEqual(await five.connection.drift?.(), [
    { key: "mqtt.max_packet_size", declared: "2MB", found: "1MB" },
  ]);
});
