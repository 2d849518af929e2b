import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetOptions } from "../../../sandbox/load/options";
import { startFleet } from "../../../sandbox/load/process";
import { TestCluster } from "./broker";

const options = (port: number): FleetOptions => ({
  clients: 20,
  offline: 2,
  rampPerSecond: 500,
  messagesPerSecond: 100,
  reconnectDelay: [20, 100],
  keepaliveSeconds: 60,
  run: "process",
  endpoints: { kind: "static", endpoints: [{ pod: "a-0", host: "127.0.0.1", port }] },
});

test("A fleet in its own process connects, tells its samples, settles, and may be stopped twice", async () => {
  const cluster = new TestCluster();
  const node = await cluster.node();
  let samples = 0;
  const fleet = await startFleet(options(node.port), () => (samples += 1));
  try {
    assert.equal(node.connections.size, 20);
    await sleep(700);
    assert.ok(samples > 0);
    assert.deepEqual(fleet.latest()?.sample.byPod, [20]);
    const figures = await fleet.settle();
    assert.equal(figures.messages.lost, 0);
    assert.ok(figures.messages.published > 20);
    assert.equal(figures.disconnects.length, 0);
  } finally {
    await Promise.all([fleet.stop(), fleet.stop()]);
    await fleet.stop();
    cluster.close();
  }
});

test("An abort ends the fleet's process, and what was asked of it fails with a reason", async () => {
  const cluster = new TestCluster();
  const node = await cluster.node();
  const interrupt = new AbortController();
  const fleet = await startFleet(options(node.port), undefined, interrupt.signal);
  const settled = assert.rejects(fleet.settle(), /process ended .* during settle/);
  interrupt.abort();
  await settled;
  await fleet.stop();
  cluster.close();
});

test("More clients than a process has files for are refused", async () => {
  await assert.rejects(startFleet({ ...options(1), clients: 18_001 }), /at most 18000.*18003/);
});
