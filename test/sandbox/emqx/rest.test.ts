import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestClient } from "./client";
import type { ApiAnswer } from "./fixture";
import { Fixture, until } from "./fixture";

type CallOptions = Parameters<Fixture["api"]>[3];

describe("the management API", () => {
  let fixture: Fixture;
  let self: string;

  before(async () => {
    fixture = await Fixture.start({ nodes: 2, image: "emqx/emqx-enterprise:5.8.11" });
    self = fixture.node(0).name;
  });

  after(() => fixture.stop());

  const call = (method: string, path: string, options?: CallOptions): Promise<ApiAnswer> =>
    fixture.api(0, method, path, options);
  const expect = async (
    answer: Promise<ApiAnswer>,
    status: number,
    body: string,
  ): Promise<ApiAnswer> => {
    const got = await answer;
    assert.deepEqual([got.status, got.body], [status, body]);
    return got;
  };

  test("says that it runs to anybody", async () => {
    const text = `Node ${self} is started\nemqx is running`;
    for (const path of ["/status", "/api/v5/status"]) {
      const answer = await expect(call("GET", path, { auth: "" }), 200, text);
      assert.equal(answer.headers.get("retry-after"), "15");
      assert.equal(answer.headers.get("content-type"), "text/plain");
    }
    const json = `{"app_status":"running","broker_status":"started","node_name":"${self}"}`;
    await expect(call("GET", "/status?format=json", { auth: "" }), 200, json);
  });

  test("asks for credentials in the words of a real node", async () => {
    const missing =
      '{"code":"AUTHORIZATION_HEADER_ERROR","message":"Support authorization: basic/bearer "}';
    const answer = await expect(call("GET", "/api/v5/nodes", { auth: "" }), 401, missing);
    assert.equal(answer.headers.get("www-authenticate"), 'Basic Realm="emqx-dashboard"');
    const wrong = '{"code":"BAD_API_KEY_OR_SECRET","message":"Check api_key/api_secret"}';
    for (const auth of ["key:wrong", "nokey:secret", "admin:public"]) {
      await expect(call("GET", "/api/v5/nodes", { auth }), 401, wrong);
    }
    const header = (authorization: string): CallOptions => ({ headers: { authorization } });
    const token = '{"code":"BAD_TOKEN","message":"Get a token by POST /login"}';
    await expect(call("GET", "/api/v5/nodes", header("Bearer abc")), 401, token);
    for (const bad of ["Digest abc", "Basic !!!!", "Basic"]) {
      await expect(call("GET", "/api/v5/nodes", header(bad)), 400, "");
    }
  });

  test("lets a viewer read only, and keys not at users", async () => {
    const auth = "viewer:secret";
    assert.equal((await call("GET", "/api/v5/nodes", { auth })).status, 200);
    const denied =
      '{"code":"UNAUTHORIZED_ROLE","message":"This API Key don\'t have permission to access this resource"}';
    const stop = `/api/v5/load_rebalance/${self}/evacuation/stop`;
    await expect(call("POST", stop, { auth }), 403, denied);
    const users =
      '{"code":"API_KEY_NOT_ALLOW","message":"Please use bearer Token instead, using API key/secret in users path is not permitted"}';
    await expect(call("GET", "/api/v5/users"), 401, users);
  });

  test("gives a token for a login that every node knows until the logout", async () => {
    const body = { username: "admin", password: "public" };
    const login = await call("POST", "/api/v5/login", { auth: "", body });
    const { token, ...rest } = login.json as { token: string };
    assert.deepEqual(rest, {
      license: { edition: "ee" },
      role: "administrator",
      version: "5.8.11",
    });
    const headers = { authorization: `Bearer ${token}` };
    await until("the other node to know it", async () => {
      return (await fixture.api(1, "GET", "/api/v5/users", { headers })).status === 200;
    });
    assert.equal((await call("POST", "/api/v5/logout", { headers })).status, 204);
    assert.equal((await call("GET", "/api/v5/users", { headers })).status, 401);
    const bad = call("POST", "/api/v5/login", { auth: "", body: { ...body, password: "x" } });
    await expect(bad, 401, '{"code":"BAD_USERNAME_OR_PWD","message":"Auth failed"}');
  });

  test("answers unknown paths in the form that is accepted, wrong methods with the right ones", async () => {
    const json = '{"code": "NOT_FOUND", "message": "Request Path Not Found"}';
    const page =
      "<html><head><title>404 - NOT FOUND</title></head><body><h1>404 - NOT FOUND</h1></body></html>";
    const accept = (value: string): CallOptions => ({ headers: { accept: value }, auth: "" });
    await expect(call("GET", "/api/v5/nope", accept("application/json")), 404, json);
    await expect(call("GET", "/api/v5/nope", accept("text/plain")), 404, "404 - NOT FOUND");
    await expect(call("GET", "/api/v5/nope", accept("*/*")), 404, page);
    const purge = `/api/v5/load_rebalance/${self}/purge/start`;
    assert.equal((await call("POST", purge, { body: {} })).status, 404);
    const wrong = await expect(call("POST", "/api/v5/nodes", { body: {} }), 405, "");
    assert.equal(wrong.headers.get("allow"), "GET");
    const put = await call("PUT", `/api/v5/load_rebalance/${self}/evacuation/start`);
    assert.deepEqual([put.status, put.headers.get("allow")], [405, "POST"]);
  });

  test("lists nodes with what they are and hold", async () => {
    const { json } = await call("GET", "/api/v5/nodes/");
    const row = (json as Record<string, unknown>[])[0] ?? {};
    assert.deepEqual(Object.keys(row), [
      ...["cluster_sessions", "connections", "edition", "live_connections", "load1", "load15"],
      ...["load5", "log_path", "max_fds", "memory_total", "memory_used", "node", "node_status"],
      ...["otp_release", "process_available", "process_used", "role", "sys_path", "uptime"],
      "version",
    ]);
    assert.equal(row.version, "5.8.11");
    assert.equal(row.edition, "Enterprise");
    const missing = '{"code":"NOT_FOUND","message":"Node not found: bad@node"}';
    await expect(call("GET", "/api/v5/nodes/bad@node"), 404, missing);
    await expect(call("GET", "/api/v5/nodes/bad@node/stats"), 404, missing);
  });

  test("counts connections, sessions and subscriptions on each node and together", async () => {
    const here = await TestClient.connect(fixture.address(0), "here", { clean: false });
    const there = await TestClient.connect(fixture.address(1), "there");
    await here.mqtt.subscribeAsync(["n/1", "n/+"], { qos: 1 });
    const counts = async (path: string): Promise<Record<string, number>> =>
      (await call("GET", path)).json as Record<string, number>;
    const own = await counts(`/api/v5/nodes/${self}/stats`);
    assert.equal(own["connections.count"], 1);
    assert.equal(own["subscriptions.count"], 2);
    assert.equal(Object.keys(own).length, 24);
    const all = await counts("/api/v5/stats?aggregate=true");
    assert.equal(all["live_connections.count"], 2);
    assert.equal(all["cluster_sessions.count"], 2);
    const current = await counts("/api/v5/monitor_current");
    assert.deepEqual([current.connections, current.topics, current.license_quota], [2, 2, 100_000]);
    const rest = await counts(`/api/v5/monitor_current/nodes/${self}`);
    assert.equal(rest.live_connections, 1);
    assert.ok(Number(rest.node_uptime) > 0);
    const before = await counts("/api/v5/metrics?aggregate=true");
    here.drop();
    await until("the disconnect to be counted", async () => {
      const now = await counts("/api/v5/metrics?aggregate=true");
      return now["client.disconnected"] === (before["client.disconnected"] ?? 0) + 1;
    });
    assert.equal((await counts(`/api/v5/nodes/${self}`)).connections, 1);
    assert.equal((await counts(`/api/v5/nodes/${self}`)).live_connections, 0);
    const metrics = await call("GET", "/api/v5/prometheus/stats", { auth: "" });
    assert.match(metrics.body, /^emqx_live_connections_count 0$/m);
    assert.match(metrics.body, /^emqx_sessions_count 1$/m);
    assert.match(metrics.body, /^emqx_cluster_nodes_running 2$/m);
    await there.end();
  });

  test("finds clients by node, state and name, and kicks them", async () => {
    const client = await TestClient.connect(fixture.address(1), "kick-me", { protocolVersion: 5 });
    const offline = await call("GET", "/api/v5/clients?conn_state=disconnected&limit=1");
    assert.deepEqual((offline.json as { meta: object }).meta, {
      ...{ count: 1, hasnext: false, limit: 1, page: 1 },
    });
    const none = `/api/v5/clients?node=${self}&conn_state=connected`;
    const empty = '{"data":[],"meta":{"count":0,"hasnext":false,"limit":100,"page":1}}';
    await expect(call("GET", none), 200, empty);
    const bad =
      '{"code":"NODE_DOWN","message":"bad rpc call <<\\"x@y\\">>, Reason <<\\"invalid node\\">>"}';
    await expect(call("GET", "/api/v5/clients?node=x@y"), 500, bad);
    await expect(call("DELETE", "/api/v5/clients/kick-me"), 204, "");
    await until("the close", () => client.closes === 1);
    assert.equal(client.disconnectReason, 0x98);
    assert.equal((await call("GET", "/api/v5/clients/kick-me")).status, 404);
  });

  test("handles bodies and content types of evacuation/start as a real node", async () => {
    const start = `/api/v5/load_rebalance/${self}/evacuation/start`;
    const stop = `/api/v5/load_rebalance/${self}/evacuation/stop`;
    const text = (body: string, type: string): CallOptions => ({
      text: body,
      headers: { "content-type": type },
    });
    const notStarted = `{"code":"BAD_REQUEST","message":"error on node '${self}': not_started"}`;
    await expect(call("POST", stop), 400, notStarted);
    await expect(call("POST", stop, { body: { x: 1 } }), 400, notStarted);
    const media =
      '{"code":"UNSUPPORTED_MEDIA_TYPE","message":"content-type:application/json Required"}';
    await expect(call("POST", start, text("{}", "text/plain")), 415, media);
    await expect(call("POST", start, text('"x"', "application/json")), 415, media);
    const invalid = '{"code":"BAD_REQUEST","message":"Invalid json message received"}';
    await expect(call("POST", start, text("not json", "application/json")), 400, invalid);
    await expect(call("POST", stop, text("not json", "application/json")), 400, invalid);
    const nothing = await call("POST", start, text("null", "application/json"));
    assert.equal(nothing.status, 500);
    assert.match(nothing.body, /^\{"code":"INTERNAL_ERROR"/);
    const rate = await call("POST", start, { body: { conn_evict_rate: 0 } });
    assert.equal(
      rate.body,
      '{"code":"BAD_REQUEST","message":"{\\"value\\":0,\\"reason\\":{\\"expected\\":\\"pos_integer()\\"},\\"path\\":\\"root.conn_evict_rate\\",\\"kind\\":\\"validation_error\\"}"}',
    );
    await expect(call("POST", start), 200, "{}");
    const already = `{"code":"BAD_REQUEST","message":"error on node '${self}': already_started"}`;
    const charset = text("{}", "application/json; charset=utf-8");
    await expect(call("POST", start, charset), 400, already);
    await expect(fixture.api(1, "POST", start, { body: {} }), 400, already);
    await expect(call("POST", stop), 200, "{}");
  });

  test("checks migrate_to before anything is started", async () => {
    const start = `/api/v5/load_rebalance/${self}/evacuation/start`;
    const unknown = call("POST", start, { body: { migrate_to: ["never@seen", self] } });
    const invalid = '{"code":"BAD_REQUEST","message":"Invalid nodes: [<<\\"never@seen\\">>]"}';
    await expect(unknown, 400, invalid);
    const nobody = call("POST", "/api/v5/load_rebalance/bad@node/evacuation/start", { body: {} });
    await expect(nobody, 404, '{"code":"NOT_FOUND","message":"Node not found: bad@node"}');
    const other = fixture.node(1).name;
    await fixture.end(1);
    await until("it to be seen", async () => (await fixture.view(0))?.[other] === "stopped");
    const stopped = call("POST", start, { body: { migrate_to: [other] } });
    const unavailable = `{"code":"NOT_FOUND","message":"Nodes unavailable: ['${other}']"}`;
    await expect(stopped, 400, unavailable);
    const gone = call("POST", `/api/v5/load_rebalance/${other}/evacuation/stop`);
    await expect(gone, 404, `{"code":"NOT_FOUND","message":"Node not found: ${other}"}`);
    const status = call("GET", "/api/v5/load_rebalance/status");
    await expect(status, 200, '{"status":"disabled"}');
    fixture.launch(1);
    await fixture.waitClustered(2);
  });

  test("refuses bad names for force_leave and knows no durable storage", async () => {
    const self400 = '{"code":"BAD_REQUEST","message":"Can\'t leave self"}';
    await expect(call("DELETE", `/api/v5/cluster/${self}/force_leave`), 400, self400);
    const name = (value: string): string =>
      `{"code":"BAD_REQUEST","message":"{\\"value\\":\\"${value}\\",\\"reason\\":\\"Bad node name\\",\\"path\\":\\"node\\",\\"kind\\":\\"validation_error\\"}"}`;
    await expect(call("DELETE", "/api/v5/cluster/nope/force_leave"), 400, name("nope"));
    await expect(call("DELETE", "/api/v5/cluster/a@b@c/force_leave"), 400, name("a@b@c"));
    const off = '{"code":"NOT_FOUND","message":"Durable storage is disabled"}';
    for (const path of ["sites", "sites/abc", "storages", "storages/messages"]) {
      await expect(call("GET", `/api/v5/ds/${path}`), 404, off);
    }
  });

  test("changes the configuration of the cluster, but no read-only part of it", async () => {
    const put = (text: string, query = ""): Promise<ApiAnswer> =>
      call("PUT", `/api/v5/configs${query}`, { text, headers: { "content-type": "text/plain" } });
    await expect(put("mqtt { max_inflight = 7 }"), 200, "");
    await until("the other node to have it", async () => {
      const answer = await fixture.api(1, "GET", "/api/v5/configs?key=mqtt");
      return answer.body === '{"mqtt":{"max_inflight":7}}';
    });
    const readOnly = `{"errors":"Cannot update read-only key 'cluster.name'."}`;
    await expect(put("cluster.name = x"), 400, readOnly);
    await expect(put("cluster.name = x", "?ignore_readonly=true"), 200, "");
    await expect(put("a = 1"), 400, '{"errors":{"a":"{root_key_not_found,\\"a\\"}"}}');
    const broken = await put("mqtt {");
    assert.equal((broken.json as { errors: { type: string } }).errors.type, "parse_error");
    const shown = await call("GET", "/api/v5/configs");
    assert.ok(!shown.body.includes("testcookie"));
  });
});

describe("the open-source edition before 5.9", () => {
  test("has no evacuation and no licence", async () => {
    const fixture = await Fixture.start({ nodes: 1, image: "emqx/emqx:5.8.9" });
    try {
      for (const path of [
        "load_rebalance/status",
        "load_rebalance/availability_check",
        "license",
      ]) {
        assert.equal((await fixture.api(0, "GET", `/api/v5/${path}`)).status, 404);
      }
    } finally {
      await fixture.stop();
    }
  });
});
