import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import type { EmqxClient } from "../../../components/emqx/api";
import type { EmqxHttp } from "../../../components/emqx/http";
import { openEmqx } from "../../../components/emqx/open";
import { code } from "../../support/error-code";
import { FakeEmqx } from "../fake-emqx";

/** Bodies as 4.4 words them (facts/emqx-api.md 7). */
const NODE = "emqx-ee@p-0.c-headless.ns.svc.cluster.local";
const START = {
  connEvictRate: 100,
  sessEvictRate: 50,
  waitTakeover: 10,
  waitHealthCheck: 0,
  migrateTo: ["emqx-ee@green"],
};
const ok = (data: unknown) => ({ status: 200, body: { code: 0, data } });
const row = (node: string, node_status = "Running") => ({
  node,
  node_status,
  connections: 0,
  version: "4.4.19",
  otp_release: "24.3.4.2/12.3.2.2",
  load1: "2.31",
});
let emqx: FakeEmqx;
let http: EmqxHttp;
let client: EmqxClient;

before(async () => {
  emqx = await new FakeEmqx(NODE).start();
  ({ http, emqx: client } = openEmqx("v4", {
    dial: async () => connect(emqx.port, "127.0.0.1"),
    port: 8081,
    secret: "Secret ns/s",
    readApiKeys: async () => "pulumi-emqx:s3cret\n",
  }));
});
beforeEach(() => {
  emqx.requests.length = 0;
  emqx.answers.clear();
  emqx.answers.set(`GET /nodes/${NODE}`, ok(row(NODE)));
});
after(async () => {
  await http.close();
  await emqx.stop();
});

const count = (connections: number, sessions: number) =>
  emqx.answers.set(
    `GET /nodes/${NODE}/stats`,
    ok({ "connections.count": connections, "sessions.count": sessions }),
  );

test("a node's clients and sessions come from its statistics", async () => {
  count(2, 5);
  assert.deepEqual(await client.node("p-0", NODE), {
    node: NODE,
    node_status: "running",
    otp_release: "24.3.4.2/12.3.2.2",
    version: "4.4.19",
    role: "core",
    edition: "Enterprise",
    connections: 5,
    live_connections: 2,
  });
  count(7, 5);
  assert.equal((await client.node("p-0", NODE)).connections, 7);
});

test("a node without statistics does not count as empty", async () => {
  await assert.rejects(client.node("p-0", NODE), code("EMQX_API_UNREACHABLE"));
  emqx.answers.set(`GET /nodes/${NODE}/stats`, { status: 200, body: { code: 104, data: {} } });
  await assert.rejects(client.node("p-0", NODE), code("EMQX_API_UNREACHABLE"));
});

test("a view has the running nodes, for 4.4 forgets the others by itself", async () => {
  emqx.answers.set("GET /nodes", ok([row(NODE), row("emqx-ee@gone", "Stopped")]));
  assert.deepEqual(await client.view("p-0"), { [NODE]: "running" });
  await client.forceLeave("p-0", "emqx-ee@gone");
  assert.equal(emqx.requests.length, 1, "there is no call that removes a node");
});

test("the metric of the switch is read out of its wrapping", async () => {
  emqx.answers.set(`GET /nodes/${NODE}/metrics`, ok({ "client.connected": 7 }));
  assert.equal(await client.connectedTotal("p-0", NODE), 7);
});

test("the evacuation's status is bare, and missing before 4.4.12", async () => {
  emqx.answers.set("GET /load_rebalance/status", {
    status: 200,
    body: {
      status: "enabled",
      process: "evacuation",
      state: "prohibiting",
      connection_eviction_rate: 100,
      stats: { initial_connected: 3, initial_sessions: 4 },
    },
  });
  const { state, connEvictRate, initialSessions } = await client.evacuation("p-0");
  assert.deepEqual([state, connEvictRate, initialSessions], ["prohibiting", 100, 4]);
  emqx.answers.delete("GET /load_rebalance/status");
  assert.deepEqual(await client.evacuation("p-0"), { state: "unsupported" });
});

test("the global status has no purges, and nothing where there is no evacuation", async () => {
  emqx.answers.set("GET /load_rebalance/global_status", {
    status: 200,
    body: { evacuations: [{ node: NODE }], rebalances: [] },
  });
  const running = { evacuations: [{ node: NODE }], purges: [], rebalances: [] };
  assert.deepEqual(await client.globalStatus("p-0"), running);
  emqx.answers.clear();
  assert.deepEqual((await client.globalStatus("p-0")).evacuations, []);
});

test("an evacuation is started with whole numbers and without a health check's wait", async () => {
  const path = `/load_rebalance/${NODE}/evacuation/start`;
  emqx.answers.set(`POST ${path}`, { status: 200, body: { data: [], code: 0 } });
  await client.startEvacuation("p-0", NODE, START);
  assert.deepEqual(JSON.parse(emqx.requests[0]!.body), {
    conn_evict_rate: 100,
    sess_evict_rate: 50,
    wait_takeover: 10,
    migrate_to: ["emqx-ee@green"],
  });
});

test("a refusal may be a code in a 200, and what is as wanted already is fine", async () => {
  const start = `POST /load_rebalance/${NODE}/evacuation/start`;
  emqx.answers.set(start, { status: 200, body: { code: 108, message: "bad rate" } });
  await assert.rejects(
    client.startEvacuation("p-0", NODE, START),
    code("EMQX_API_ERROR", "bad rate"),
  );
  emqx.answers.set(start, { status: 400, body: { code: 1, message: "already_started" } });
  await client.startEvacuation("p-0", NODE, START);
  emqx.answers.set(`POST /load_rebalance/${NODE}/evacuation/stop`, {
    status: 400,
    body: ["not_started"],
  });
  await client.stopEvacuation("p-0", NODE);
  emqx.answers.set(start, { status: 500, body: "already_started?" });
  await assert.rejects(client.startEvacuation("p-0", NODE, START), code("EMQX_API_UNREACHABLE"));
});

test("settings and licences are for new pods only, and nothing is asked", async () => {
  await assert.rejects(client.configure("p-0", "", "merge"), code("EMQX_API_ERROR", "new pods"));
  await assert.rejects(client.renewLicense("p-0", "k"), code("EMQX_API_ERROR", "new pods"));
  assert.equal(await client.license("p-0"), undefined);
  assert.equal(await client.config("p-0"), undefined);
  assert.deepEqual(emqx.requests, []);
});
