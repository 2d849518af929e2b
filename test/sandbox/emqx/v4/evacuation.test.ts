import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { TestClient } from "../client";
import { until } from "../fixture";
import { connectHex, Wire } from "../wire";
import { V4Fixture } from "./fixture";

const API = "/api/v4/load_rebalance";
const PERSISTENT = {
  protocolVersion: 5,
  clean: false,
  properties: { sessionExpiryInterval: 600 },
} as const;

describe("evacuation in 4.4", () => {
  let fixture: V4Fixture;
  let own: string;

  before(async () => {
    fixture = await V4Fixture.start(3);
    own = `${API}/${fixture.node(0).name}/evacuation`;
  });

  afterEach(async () => {
    await fixture.api(1, "POST", `${own}/stop`);
  });

  after(() => fixture.stop());

  const status = async (): Promise<Record<string, unknown>> =>
    (await fixture.api(0, "GET", `${API}/status`)).json as Record<string, unknown>;
  const reach = (state: string): Promise<void> =>
    until(state, async () => (await status()).state === state);

  test("is idle at first and wrapped in nothing when it is read", async () => {
    assert.deepEqual(await status(), { status: "disabled" });
    const global = await fixture.api(1, "GET", `${API}/global_status`);
    assert.deepEqual(global.json, { evacuations: [], rebalances: [] });
    const check = await fixture.api(0, "GET", `${API}/availability_check`);
    assert.deepEqual([check.status, check.json], [200, {}]);
  });

  test("moves clients and sessions to the nodes that it is told, asked through another node", async () => {
    const target = fixture.node(2).name;
    const away = await TestClient.connect(fixture.address(0), "away", PERSISTENT);
    await away.mqtt.subscribeAsync("a", { qos: 1 });
    await away.end();
    const online = await TestClient.connect(fixture.address(0), "online", PERSISTENT);
    const body = {
      ...{ conn_evict_rate: 10, sess_evict_rate: 10, wait_takeover: 0 },
      migrate_to: [target],
    };
    const started = await fixture.api(1, "POST", `${own}/start`, { body });
    assert.deepEqual([started.status, started.json], [200, { code: 0, data: [] }]);
    const again = await fixture.api(1, "POST", `${own}/start`, { body });
    assert.equal(again.status, 400);
    assert.match(again.text, /already_started/);
    const check = await fixture.api(0, "GET", `${API}/availability_check`);
    assert.equal(check.status, 503);

    await reach("prohibiting");
    assert.equal(online.disconnectReason, 0x9c);
    const global = await fixture.api(1, "GET", `${API}/global_status`);
    const { evacuations } = global.json as { evacuations: Record<string, unknown>[] };
    const { stats, ...rest } = evacuations[0] ?? {};
    assert.deepEqual(rest, {
      ...{ node: fixture.node(0).name, state: "prohibiting", session_recipients: [target] },
      ...{ connection_eviction_rate: 10, session_eviction_rate: 10 },
      ...{ connection_goal: 0, session_goal: 0 },
    });
    const { current_connected, current_sessions, initial_sessions } = stats as Record<
      string,
      number
    >;
    assert.deepEqual([current_connected, current_sessions, initial_sessions], [0, 0, 2]);
    const there = await fixture.data<Record<string, number>>(1, `/nodes/${target}/stats`);
    assert.equal(there["sessions.count"], 2);

    const wire = await Wire.open(fixture.address(0));
    wire.send(connectHex("late", { version: 4 }));
    await wire.expect("20020003");
    const back = await TestClient.connect(fixture.address(1), "away", PERSISTENT);
    assert.equal(back.sessionPresent, true);
    await back.end();
    const stopped = await fixture.api(2, "POST", `${own}/stop`);
    assert.deepEqual([stopped.status, stopped.json], [200, { code: 0, data: [] }]);
    assert.deepEqual(await status(), { status: "disabled" });
  });

  test("evicts at once, without a wait for the health check", async () => {
    const client = await TestClient.connect(fixture.address(0), "cut");
    const body = { conn_evict_rate: 1, wait_takeover: 600 };
    await fixture.api(0, "POST", `${own}/start`, { body });
    await until("the client to be cut", () => client.closes === 1);
    await reach("waiting_takeover");
  });

  test("refuses durations as texts, fields of 5.x, unknown nodes and what isn't running", async () => {
    const cases: [body: unknown, status: number, text: RegExp][] = [
      [{ wait_takeover: "10s" }, 400, /wait_takeover/],
      [{ wait_health_check: 10 }, 400, /unknown field wait_health_check/],
      [{ migrate_to: ["ee@nowhere"] }, 400, /Invalid nodes/],
    ];
    for (const [body, expected, text] of cases) {
      const answer = await fixture.api(0, "POST", `${own}/start`, { body });
      assert.equal(answer.status, expected);
      assert.match(answer.text, text);
    }
    const nowhere = `${API}/ee@nowhere/evacuation`;
    for (const path of [`${nowhere}/start`, `${nowhere}/stop`]) {
      assert.equal((await fixture.api(0, "POST", path, { body: {} })).status, 404);
    }
    const idle = await fixture.api(0, "POST", `${own}/stop`);
    assert.equal(idle.status, 400);
    assert.match(idle.text, /not_started/);
    assert.deepEqual(await status(), { status: "disabled" });
  });

  test("asks for a login at the availability check until 4.4.23", async () => {
    const check = (index: number): Promise<number> =>
      fixture
        .api(index, "GET", `${API}/availability_check`, { auth: "" })
        .then((answer) => answer.status);
    assert.equal(await check(0), 401);
    fixture.launch(3, { image: "emqx/emqx-ee:4.4.24" });
    // A joining node takes its API down once more after it has said that it runs.
    await until("the newer node", async () => (await check(3).catch(() => 0)) === 200);
  });
});
