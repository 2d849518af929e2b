import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Fleet } from "../../../sandbox/load/fleet";
import type { Endpoint, FleetOptions } from "../../../sandbox/load/options";
import { TestCluster } from "./broker";

let cleanUp: (() => void)[] = [];

afterEach(() => {
  for (const step of cleanUp) step();
  cleanUp = [];
});

async function setUp(clients = 200, offline = 10) {
  const cluster = new TestCluster();
  const blue = await cluster.node();
  const green = await cluster.node();
  const endpoints: Endpoint[] = [{ pod: "emqx-core-blue-0", host: "127.0.0.1", port: blue.port }];
  const options: FleetOptions = {
    clients,
    offline,
    rampPerSecond: 1000,
    messagesPerSecond: 500,
    reconnectDelay: [20, 100],
    keepaliveSeconds: 60,
    run: "test",
    endpoints: { kind: "static", endpoints },
  };
  const fleet = await Fleet.open(options, () => {});
  cleanUp.push(
    () => fleet.close(),
    () => cluster.close(),
  );
  const repoint = (): void => {
    endpoints[0] = { pod: "emqx-core-green-0", host: "127.0.0.1", port: green.port };
  };
  return { cluster, blue, green, fleet, repoint };
}

test("A fleet that is evicted once comes back with its sessions and loses nothing", async () => {
  const { blue, green, fleet, repoint } = await setUp();
  await fleet.rampUp();
  assert.equal(blue.connections.size, 200);
  await sleep(300);
  repoint();
  blue.evict();
  await sleep(600);
  const figures = await fleet.settle();

  assert.equal(green.connections.size, 210, "the offline clients are back as well");
  assert.equal(figures.sessionsExpected, 110);
  assert.equal(figures.sessionsLost, 0);
  assert.ok(figures.messages.published > 100, `published ${figures.messages.published}`);
  assert.equal(figures.messages.lost, 0);
  assert.equal(figures.messages.unacknowledged, 0);
  const perClient = new Map<number, number>();
  for (const [, , client] of figures.disconnects) {
    perClient.set(client, (perClient.get(client) ?? 0) + 1);
  }
  assert.equal(perClient.size, 200);
  assert.equal(Math.max(...perClient.values()), 1, "DISCONNECT and close count once");
  assert.deepEqual(figures.pods, ["emqx-core-blue-0", "emqx-core-green-0"]);
  const last = fleet.figures().samples.at(-1);
  assert.deepEqual(last?.byPod, [0, 200]);
  assert.ok(Math.min(...figures.samples.map(({ low }) => low)) < 200);
});

test("A session that the brokers forgot is counted as lost, with its messages", async () => {
  const { cluster, blue, fleet, repoint } = await setUp(40, 2);
  await fleet.rampUp();
  await sleep(200);
  cluster.sessions.delete("fleet-test-40");
  cluster.swallow = (clientId) => clientId === "fleet-test-0";
  await sleep(400);
  repoint();
  blue.evict();
  await sleep(400);
  const figures = await fleet.settle();
  assert.equal(figures.sessionsLost, 1);
  assert.ok(figures.messages.lost > 0);
});

test("Clients keep trying while nobody accepts them, and the refusals are counted", async () => {
  const { blue, fleet, repoint } = await setUp(20, 0);
  await fleet.rampUp();
  blue.close();
  await sleep(500);
  repoint();
  await sleep(400);
  const figures = await fleet.settle();
  assert.ok((figures.refusals.ECONNREFUSED ?? 0) > 20, JSON.stringify(figures.refusals));
  assert.equal(figures.disconnects.length, 20);
});
