import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import type { EmqxClient } from "../../../components/emqx/api";
import type { EmqxHttp } from "../../../components/emqx/http";
import { openEmqx } from "../../../components/emqx/open";
import { until } from "../../sandbox/emqx/fixture";
import { V4Fixture } from "../../sandbox/emqx/v4/fixture";

let fixture: V4Fixture;
let http: EmqxHttp;
let client: EmqxClient;

before(async () => {
  fixture = await V4Fixture.start(2);
  ({ http, emqx: client } = openEmqx("v4", {
    dial: async (pod, port) => connect(port, fixture.address(Number(pod.slice(2)))),
    port: 8081,
    secret: "Secret ns/s",
    readApiKeys: async () => "pulumi-emqx:secret\n",
  }));
});
after(async () => {
  await http?.close();
  await fixture?.stop();
});

test("the simulated 4.4 is understood from a first look to a drained node", async () => {
  const [blue, green] = [fixture.node(0).name, fixture.node(1).name];
  const status = await client.node("p-0", blue);
  assert.deepEqual([status.node, status.node_status], [blue, "running"]);
  assert.deepEqual([status.connections, status.live_connections], [0, 0]);
  assert.match(status.version ?? "", /^4\.4\./);
  assert.equal(await client.connectedTotal("p-0", blue), 0);
  assert.deepEqual(await client.view("p-0"), { [blue]: "running", [green]: "running" });
  assert.deepEqual(await client.evacuation("p-0"), { state: "disabled" });

  const start = {
    connEvictRate: 10,
    sessEvictRate: 10,
    waitTakeover: 0,
    waitHealthCheck: 60,
    migrateTo: [green],
  };
  await client.startEvacuation("p-0", blue, start);
  await client.startEvacuation("p-0", blue, start);
  await until(
    () => "the empty node to be drained",
    async () => (await client.evacuation("p-0")).state === "prohibiting",
  );
  assert.equal((await client.globalStatus("p-1")).evacuations[0]?.node, blue);
  await client.stopEvacuation("p-0", blue);
  await client.stopEvacuation("p-0", blue);
  assert.deepEqual(await client.evacuation("p-0"), { state: "disabled" });
});

test("a stopped node is out of the view at once", async () => {
  const [blue, green] = [fixture.node(0).name, fixture.node(1).name];
  await fixture.end(1, "SIGKILL");
  await until(
    () => `${green} to be out of the view`,
    async () => Object.keys(await client.view("p-0")).join() === blue,
  );
});
