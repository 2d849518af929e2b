import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TestClient } from "./client";
import { Fixture, until } from "./fixture";
import { connectHex, Wire } from "./wire";

const PERSISTENT = {
  protocolVersion: 5,
  clean: false,
  properties: { sessionExpiryInterval: 600 },
} as const;

describe("sessions that change nodes", () => {
  let fixture: Fixture;
  let publisher: TestClient;

  before(async () => {
    fixture = await Fixture.start({ nodes: 3 });
    publisher = await TestClient.connect(fixture.address(2), "publisher");
  });

  after(async () => {
    publisher.drop();
    await fixture.stop();
  });

  test("a client that comes back to another node finds session and queue", async () => {
    const first = await TestClient.connect(fixture.address(0), "mover", PERSISTENT);
    await first.mqtt.subscribeAsync("m/#", { qos: 1 });
    first.drop();
    await until("the node to notice", async () => {
      const { json } = await fixture.api(0, "GET", "/api/v5/clients/mover");
      return (json as { connected: boolean }).connected === false;
    });
    await publisher.mqtt.publishAsync("m/1", "queued", { qos: 1 });
    const second = await TestClient.connect(fixture.address(1), "mover", PERSISTENT);
    assert.equal(second.sessionPresent, true);
    await second.expect("queued");
    await publisher.mqtt.publishAsync("m/1", "direct", { qos: 1 });
    await second.expect("queued", "direct");
    await second.end();
  });

  test("a connected client is cut with 0x8E by its connection to another node", async () => {
    const first = await TestClient.connect(fixture.address(0), "cut", PERSISTENT);
    const second = await TestClient.connect(fixture.address(1), "cut", PERSISTENT);
    await until("the first to be closed", () => first.closes === 1);
    assert.equal(first.disconnectReason, 0x8e);
    assert.equal(second.sessionPresent, true);
    await second.end();
  });

  test("a clean start ends the session on the other node", async () => {
    const first = await TestClient.connect(fixture.address(0), "fresh", PERSISTENT);
    await first.mqtt.subscribeAsync("f/#", { qos: 1 });
    const second = await TestClient.connect(fixture.address(1), "fresh", {
      ...PERSISTENT,
      clean: true,
    });
    assert.equal(second.sessionPresent, false);
    await until("the first to be closed", () => first.closes === 1);
    await publisher.mqtt.publishAsync("f/1", "nobody", { qos: 1 });
    const { json } = await fixture.api(0, "GET", "/api/v5/clients?clientid=fresh");
    assert.equal((json as { meta: { count: number } }).meta.count, 1);
    assert.deepEqual(second.payloads, []);
    await second.end();
  });

  test("unacknowledged QoS 1 and half-done QoS 2 exchanges go on at the other node", async () => {
    const wire = await Wire.open(fixture.address(0));
    wire.send(connectHex("half", { clean: false }));
    await wire.expect("20020000");
    wire.send("82 0e 0001 0003 682f31 01 0003 682f32 02");
    await wire.expect("9004 0001 01 02");
    await publisher.mqtt.publishAsync("h/1", "a", { qos: 1 });
    await publisher.mqtt.publishAsync("h/2", "b", { qos: 2 });
    await wire.expect("3208 0003 682f31 0001 61 3408 0003 682f32 0002 62");
    wire.send("5002 0002");
    await wire.expect("6202 0002");
    const other = await Wire.open(fixture.address(1));
    other.send(connectHex("half", { clean: false }));
    await other.expect("20020100 3a08 0003 682f31 0001 61 6202 0002");
    await wire.expectClose();
    other.end();
  });

  test("a delayed will is dropped when the session moves on", async () => {
    const watcher = await TestClient.connect(fixture.address(2), "watcher");
    await watcher.mqtt.subscribeAsync("will/#", { qos: 1 });
    const will = (payload: string, willDelayInterval: number): object => ({
      will: {
        ...{ topic: "will/x", payload: Buffer.from(payload), qos: 1, retain: false },
        properties: { willDelayInterval },
      },
    });
    const options = { ...PERSISTENT, ...will("never", 1) };
    const first = await TestClient.connect(fixture.address(0), "willing", options);
    first.drop();
    const second = await TestClient.connect(fixture.address(1), "willing", PERSISTENT);
    await sleep(2500);
    assert.deepEqual(watcher.payloads, []);
    await second.end();
    await watcher.end();
  });

  test("a subscriber that hops between nodes under fire gets every message, in order", async () => {
    let subscriber = await TestClient.connect(fixture.address(0), "hopper", PERSISTENT);
    await subscriber.mqtt.subscribeAsync("hop/#", { qos: 1 });
    const received: string[] = [];
    let running = true;
    let sent = 0;
    const fire = (async () => {
      while (running) {
        await publisher.mqtt.publishAsync("hop/x", String(sent), { qos: 1 });
        sent += 1;
      }
    })();
    for (let hop = 1; hop <= 30; hop += 1) {
      const old = subscriber;
      subscriber = await TestClient.connect(fixture.address(hop % 3), "hopper", PERSISTENT);
      assert.equal(subscriber.sessionPresent, true);
      await until("the old connection to end", () => old.closes === 1);
      received.push(...old.payloads);
      if (hop % 3 === 0) await sleep(20);
    }
    running = false;
    await fire;
    const seen = (): Set<string> => new Set([...received, ...subscriber.payloads]);
    await until(
      () => `all ${sent}, got ${seen().size}`,
      () => seen().size === sent,
    );
    const firsts = [...seen()].map(Number);
    assert.deepEqual(
      firsts,
      [...firsts].sort((a, b) => a - b),
    );
    await subscriber.end();
  });

  test("leaves nothing behind: every session has one owner and every route one subscriber", async () => {
    await until("the hand-overs to finish", async () => {
      for (const index of [0, 1, 2]) {
        const { json } = await fixture.api(index, "GET", "/api/v5/nodes");
        const rows = json as { connections: number; cluster_sessions: number }[];
        const total = rows.reduce((sum, row) => sum + row.connections, 0);
        if (rows.some((row) => row.cluster_sessions !== total)) return false;
      }
      return true;
    });
  });
});
