import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { EmqxClientV5 } from "../../../components/emqx/v5/client";
import { EmqxHttp } from "../../../components/emqx/http";
import { FakeEmqx } from "../fake-emqx";
import { code } from "../../support/error-code";

const NODE = "emqx@127.0.0.11";
const START = {
  connEvictRate: 100,
  sessEvictRate: 50,
  waitTakeover: 10,
  waitHealthCheck: 0,
  migrateTo: ["emqx@127.0.0.13"],
};
let emqx: FakeEmqx;
let http: EmqxHttp;
let client: EmqxClientV5;
let keys = "";
let reads = 0;

before(async () => {
  emqx = await new FakeEmqx(NODE).start();
});
beforeEach(() => {
  keys = "other:x\npulumi-emqx:s3cret\n";
  http = new EmqxHttp({
    dial: async () => connect(emqx.port, "127.0.0.1"),
    port: 18083,
    base: "/api/v5",
    secret: "Secret ns/c-bootstrap-api-key",
    readApiKeys: async () => {
      reads += 1;
      return keys;
    },
  });
  client = new EmqxClientV5(http);
});
afterEach(() => http.close());
after(() => emqx.stop());

test("a node tells its counts and version", async () => {
  const status = await client.node("p-0", NODE);
  assert.equal(status.connections, 3);
  assert.equal(status.live_connections, 2);
  assert.equal(status.version, "5.8.11");
});

test("a view lists stopped cores, which have a name and a status only", async () => {
  emqx.answers.set("GET /nodes", {
    status: 200,
    body: [
      { node: NODE, node_status: "running", connections: 0 },
      { node: "emqx@127.0.0.12", node_status: "stopped", role: "core" },
    ],
  });
  assert.deepEqual(await client.view("p-0"), { [NODE]: "running", "emqx@127.0.0.12": "stopped" });
});

test("the status of an evacuating node is read as EMQX words it", async () => {
  emqx.answers.set("GET /load_rebalance/status", {
    status: 200,
    body: {
      status: "enabled",
      process: "evacuation",
      state: "evicting_conns",
      connection_eviction_rate: 100,
      session_eviction_rate: 100,
      connection_goal: 0,
      session_goal: 0,
      session_recipients: ["emqx@green-0.svc"],
      stats: {
        initial_connected: 1000,
        current_connected: 700,
        initial_sessions: 1200,
        current_sessions: 1200,
      },
    },
  });
  assert.deepEqual(await client.evacuation("p-0"), {
    state: "evicting_conns",
    connEvictRate: 100,
    sessEvictRate: 100,
    recipients: ["emqx@green-0.svc"],
    initialConnected: 1000,
    initialSessions: 1200,
  });
});

test("an EMQX without evacuation API is told by its 404", async () => {
  emqx.answers.set("GET /load_rebalance/status", { status: 404, body: "<html>404</html>" });
  assert.deepEqual(await client.evacuation("p-0"), { state: "unsupported" });
});

test("an evacuation is started with every field of ours and is JSON", async () => {
  const path = `/load_rebalance/${NODE}/evacuation/start`;
  emqx.answers.set(`POST ${path}`, { status: 200, body: {} });
  await client.startEvacuation("p-0", NODE, START);
  const sent = emqx.requests.find((request) => request.path === path)!;
  assert.deepEqual(JSON.parse(sent.body), {
    wait_health_check: 0,
    conn_evict_rate: 100,
    sess_evict_rate: 50,
    wait_takeover: 10,
    migrate_to: ["emqx@127.0.0.13"],
  });
});

test("an evacuation that runs already, or one that does not, is as wanted", async () => {
  const error = (what: string) => ({
    status: 400,
    body: { code: "BAD_REQUEST", message: `error on node '${NODE}': ${what}` },
  });
  emqx.answers.set(`POST /load_rebalance/${NODE}/evacuation/start`, error("already_started"));
  emqx.answers.set(`POST /load_rebalance/${NODE}/evacuation/stop`, error("not_started"));
  await client.startEvacuation("p-0", NODE, START);
  await client.stopEvacuation("p-0", NODE);
});

test("a recipient that is away is an error with EMQX's words", async () => {
  emqx.answers.set(`POST /load_rebalance/${NODE}/evacuation/start`, {
    status: 400,
    body: { code: "NOT_FOUND", message: "Nodes unavailable: ['emqx@127.0.0.13']" },
  });
  await assert.rejects(
    client.startEvacuation("p-0", NODE, START),
    code("EMQX_API_ERROR", "Nodes unavailable"),
  );
});

test("a 500 of a start leaves its outcome open", async () => {
  emqx.answers.set(`POST /load_rebalance/${NODE}/evacuation/start`, {
    status: 500,
    body: "Unsupported code 'RPC_ERROR', message <<\"RPC error on node\">>",
  });
  await assert.rejects(client.startEvacuation("p-0", NODE, START), code("EMQX_API_UNREACHABLE"));
});

test("a removed node may be gone already", async () => {
  const gone = "emqx@gone";
  emqx.answers.set(`DELETE /cluster/${gone}/force_leave`, { status: 204 });
  await client.forceLeave("p-0", gone);
  emqx.answers.set(`DELETE /cluster/${gone}/force_leave`, {
    status: 400,
    body: { code: "BAD_REQUEST", message: "node_not_in_cluster" },
  });
  await client.forceLeave("p-0", gone);
});

for (const [what, body] of Object.entries({
  "half a JSON": '{"node": "emqx@',
  "another type": [1, 2],
  "counts that are text": { node: NODE, connections: "3", live_connections: "2" },
  nothing: "",
})) {
  test(`a body that is ${what} counts as no answer`, async () => {
    emqx.answers.set(`GET /nodes/emqx@x`, { status: 200, body });
    await assert.rejects(client.node("p-0", "emqx@x"), code("EMQX_API_UNREACHABLE"));
  });
}

test("a refused key is read anew once and then works", async () => {
  await client.node("p-0", NODE);
  emqx.secret = "rotated";
  keys = "pulumi-emqx:rotated:administrator";
  reads = 0;
  assert.equal((await client.node("p-0", NODE)).node, NODE);
  assert.equal(reads, 1);
});

test("a key that stays refused is an error with the remedy and without the secret", async () => {
  emqx.secret = "something-else";
  await assert.rejects(client.node("p-0", NODE), (error) => {
    code("EMQX_API_UNAUTHORIZED", "c-bootstrap-api-key", "BAD_API_KEY_OR_SECRET")(error);
    assert.ok(!String((error as Error).message).includes("s3cret"));
    return true;
  });
  emqx.secret = "s3cret";
});

test("while a key stays refused the Secret is not read again for every call", async () => {
  emqx.secret = "something-else";
  reads = 0;
  for (let n = 0; n < 5; n += 1) {
    await assert.rejects(client.node("p-0", NODE), code("EMQX_API_UNAUTHORIZED"));
  }
  emqx.secret = "s3cret";
  assert.equal(reads, 2, "the first time, and once anew");
});

test("a Secret without our key says which line is missing", async () => {
  keys = "other:x";
  emqx.secret = "new";
  await assert.rejects(
    client.node("p-0", NODE),
    code("EMQX_API_UNAUTHORIZED", "pulumi-emqx:<secret>"),
  );
  emqx.secret = "s3cret";
});
