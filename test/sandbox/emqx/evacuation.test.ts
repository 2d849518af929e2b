import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { TestClient } from "./client";
import { Fixture, until } from "./fixture";
import { connectHex, Wire } from "./wire";

const PERSISTENT = {
  protocolVersion: 5,
  clean: false,
  properties: { sessionExpiryInterval: 600 },
} as const;

interface Status {
  status: string;
  state?: string;
  session_recipients?: string[];
  stats?: Record<string, number>;
}

describe("evacuation of one node of three", () => {
  let fixture: Fixture;
  let evacuation: string;

  before(async () => {
    fixture = await Fixture.start({ nodes: 3 });
    evacuation = `/api/v5/load_rebalance/${fixture.node(0).name}/evacuation`;
  });

  afterEach(async () => {
    await fixture.api(1, "POST", `${evacuation}/stop`);
  });

  after(() => fixture.stop());

  const start = async (body: object): Promise<void> => {
    const answer = await fixture.api(1, "POST", `${evacuation}/start`, { body });
    assert.deepEqual([answer.status, answer.body], [200, "{}"]);
  };
  const status = async (): Promise<Status> =>
    (await fixture.api(0, "GET", "/api/v5/load_rebalance/status")).json as Status;
  const reach = (state: string): Promise<void> =>
    until(state, async () => (await status()).state === state);

  test("is unavailable at once, but accepts clients while it waits for the health check", async () => {
    await start({ wait_health_check: 60 });
    const check = await fixture.api(0, "GET", "/api/v5/load_rebalance/availability_check", {
      auth: "",
    });
    assert.deepEqual(
      [check.status, check.body],
      [503, '{"code":"NODE_EVACUATING","message":"Node Evacuating"}'],
    );
    const client = await TestClient.connect(fixture.address(0), "early");
    await client.end();
    assert.deepEqual(await status(), {
      ...{ status: "enabled", process: "evacuation", state: "waiting_health_check" },
      ...{ connection_eviction_rate: 500, session_eviction_rate: 500 },
      ...{ connection_goal: 0, session_goal: 0 },
      session_recipients: [fixture.node(1).name, fixture.node(2).name],
      stats: {
        ...{ current_connected: 0, current_sessions: 0 },
        ...{ initial_connected: 0, initial_sessions: 0 },
      },
    });
  });

  test("turns clients away with the bytes of a real node, also those whose session it holds", async () => {
    const known = await TestClient.connect(fixture.address(0), "known", PERSISTENT);
    known.drop();
    await start({ wait_health_check: 0, wait_takeover: 60 });
    await reach("waiting_takeover");
    const cases: [3 | 4 | 5, string, string][] = [
      [3, "new", "20020003"],
      [4, "new", "20020003"],
      [5, "new", "2003009c00"],
      [5, "known", "2003009c00"],
    ];
    for (const [version, clientId, answer] of cases) {
      const wire = await Wire.open(fixture.address(0));
      wire.send(connectHex(clientId, { version, clean: false }));
      await wire.expect(answer);
      await wire.expectClose();
    }
    const back = await TestClient.connect(fixture.address(2), "known", PERSISTENT);
    assert.equal(back.sessionPresent, true);
    await back.mqtt.endAsync();
  });

  test("closes connections in batches of a tick and counts before each batch", async () => {
    const wires: Wire[] = [];
    for (let n = 0; n < 6; n += 1) {
      const wire = await Wire.open(fixture.address(0));
      const version = n % 2 === 0 ? 5 : 4;
      wire.send(connectHex(`batch-${n}`, { version }));
      await until("CONNACK", () => wire.received !== "");
      wire.received = "";
      wires.push(wire);
    }
    const closed = (): number => wires.filter((wire) => wire.closed).length;
    await start({ wait_health_check: 0, conn_evict_rate: 4, wait_takeover: 0 });
    await until("the first batch", () => closed() === 4);
    const first = await status();
    assert.equal(first.stats?.current_connected, 6);
    assert.equal(first.stats?.current_sessions, 6);
    await until("the second batch", () => closed() === 6);
    assert.equal((await status()).stats?.initial_connected, 6);
    assert.deepEqual(
      wires.map((wire) => wire.received),
      ["e0029c00", "", "e0029c00", "", "e0029c00", ""],
    );
    await reach("prohibiting");
    assert.deepEqual((await status()).stats, {
      ...{ current_connected: 0, current_sessions: 0 },
      ...{ initial_connected: 6, initial_sessions: 6 },
    });
  });

  test("publishes wills, moves sessions that stay away with queue and subscriptions", async () => {
    const publisher = await TestClient.connect(fixture.address(1), "publisher");
    const watcher = await TestClient.connect(fixture.address(2), "watcher");
    await watcher.mqtt.subscribeAsync("will/#", { qos: 1 });
    const away = await TestClient.connect(fixture.address(0), "away", {
      ...PERSISTENT,
      will: { topic: "will/away", payload: Buffer.from("gone"), qos: 1, retain: false },
    });
    await away.mqtt.subscribeAsync("away/#", { qos: 1 });
    await start({ wait_health_check: 0, wait_takeover: 1, migrate_to: [fixture.node(2).name] });
    await until("the eviction", () => away.closes === 1);
    assert.equal(away.disconnectReason, 0x9c);
    await watcher.expect("gone");
    await publisher.mqtt.publishAsync("away/1", "during the wait", { qos: 1 });
    await reach("prohibiting");
    await publisher.mqtt.publishAsync("away/1", "after the move", { qos: 1 });
    const moved = await fixture.api(0, "GET", "/api/v5/clients/away");
    assert.equal((moved.json as { node: string }).node, fixture.node(2).name);
    assert.equal((moved.json as { connected: boolean }).connected, false);
    const back = await TestClient.connect(fixture.address(1), "away", PERSISTENT);
    assert.equal(back.sessionPresent, true);
    await back.expect("during the wait", "after the move");
    for (const client of [back, publisher, watcher]) await client.end();
  });

  test("stop opens the node again and removes the file", async () => {
    const file = join(fixture.node(0).root, "opt/emqx/data/.evacuation");
    await start({ wait_health_check: 0, wait_takeover: 60 });
    assert.ok(existsSync(file));
    const stop = await fixture.api(2, "POST", `${evacuation}/stop`);
    assert.deepEqual([stop.status, stop.body], [200, "{}"]);
    assert.ok(!existsSync(file));
    const client = await TestClient.connect(fixture.address(0), "welcome");
    await client.end();
    assert.deepEqual(await status(), { status: "disabled" });
  });

  test("only the node itself says so locally, everybody globally", async () => {
    await start({ wait_health_check: 60, migrate_to: [fixture.node(2).name] });
    const other = await fixture.api(1, "GET", "/api/v5/load_rebalance/status");
    assert.equal(other.body, '{"status":"disabled"}');
    const { json } = await fixture.api(1, "GET", "/api/v5/load_rebalance/global_status");
    const { evacuations } = json as { evacuations: Record<string, unknown>[] };
    assert.equal(evacuations.length, 1);
    assert.deepEqual(Object.keys(evacuations[0] ?? {}), [
      ...["connection_eviction_rate", "connection_goal", "node", "session_eviction_rate"],
      ...["session_goal", "session_recipients", "state", "stats"],
    ]);
    assert.equal(evacuations[0]?.node, fixture.node(0).name);
    const eviction = await fixture.api(0, "GET", "/api/v5/node_eviction/status");
    assert.equal(eviction.body, '{"stats":{"connections":0,"sessions":0},"status":"enabled"}');
    const idle = await fixture.api(1, "GET", "/api/v5/node_eviction/status");
    assert.equal(idle.body, '{"status":"disabled"}');
  });

  test("leaves out itself and evacuating nodes as recipients", async () => {
    await start({ wait_health_check: 60, migrate_to: [fixture.node(0).name] });
    assert.deepEqual((await status()).session_recipients, []);
    const second = `/api/v5/load_rebalance/${fixture.node(1).name}/evacuation`;
    const busy = await fixture.api(1, "POST", `${second}/start`, {
      body: { migrate_to: [fixture.node(0).name] },
    });
    assert.deepEqual(
      [busy.status, busy.body],
      [400, `{"code":"NOT_FOUND","message":"Nodes unavailable: ['${fixture.node(0).name}']"}`],
    );
    const all = await fixture.api(1, "POST", `${second}/start`, { body: {} });
    assert.equal(all.status, 200);
    const local = await fixture.api(1, "GET", "/api/v5/load_rebalance/status");
    assert.deepEqual((local.json as Status).session_recipients, [fixture.node(2).name]);
    await fixture.api(1, "POST", `${second}/stop`);
  });

  test("goes on after a restart without its targets, refusing clients from the start", async () => {
    await start({
      ...{ wait_health_check: 0, conn_evict_rate: 5, sess_evict_rate: 3, wait_takeover: 20 },
      migrate_to: [fixture.node(2).name],
    });
    const file = join(fixture.node(0).root, "opt/emqx/data/.evacuation");
    const saved =
      '{\n  "wait_takeover" : 20,\n  "sess_evict_rate" : 3,\n  "server_reference" : null,\n  "conn_evict_rate" : 5\n}';
    assert.equal(readFileSync(file, "utf8"), saved);
    await fixture.end(0);
    assert.equal(readFileSync(file, "utf8"), saved);
    fixture.launch(0);
    await fixture.waitClustered(3);
    const now = await status();
    assert.equal(now.state, "waiting_takeover");
    assert.deepEqual(now.session_recipients, [fixture.node(1).name, fixture.node(2).name]);
    const wire = await Wire.open(fixture.address(0));
    wire.send(connectHex("after-restart", { version: 5 }));
    await wire.expect("2003009c00");
    await wire.expectClose();
  });
});
