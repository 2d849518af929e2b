import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestClient } from "../client";
import { until } from "../fixture";
import { V4Fixture } from "./fixture";

type Row = Record<string, unknown>;

describe("the management API of 4.4", () => {
  let fixture: V4Fixture;

  before(async () => {
    fixture = await V4Fixture.start(2);
  });

  after(() => fixture.stop());

  test("says on both ports to anybody that it runs", async () => {
    for (const port of [8081, 18083]) {
      const { status, text } = await fixture.api(0, "GET", "/status", { auth: "", port });
      const expected = `Node ${fixture.node(0).name} is started\nemqx is running`;
      assert.deepEqual([status, text], [200, expected]);
    }
  });

  test("admits applications on its own port and the dashboard's user on the dashboard's", async () => {
    const cases: [port: number, auth: string, status: number][] = [
      [8081, "pulumi-emqx:secret", 200],
      [8081, "admin:public", 200],
      [8081, "pulumi-emqx:wrong", 401],
      [8081, "", 401],
      [18083, "admin:public", 200],
      [18083, "pulumi-emqx:secret", 401],
      [18083, "", 401],
    ];
    for (const [port, auth, expected] of cases) {
      const answer = await fixture.api(0, "GET", "/api/v4/nodes", { auth, port });
      assert.equal(answer.status, expected, `${port} ${auth}`);
      if (expected === 401) {
        assert.equal(answer.headers.get("www-authenticate"), 'Basic Realm="minirest-server"');
      }
    }
  });

  test("lists the nodes in the words of 4.4", async () => {
    const rows = await fixture.data<Row[]>(1, "/nodes");
    assert.deepEqual(rows.map((row) => row.node).sort(), [
      fixture.node(0).name,
      fixture.node(1).name,
    ]);
    for (const row of rows) {
      assert.equal(row.node_status, "Running");
      assert.equal(row.version, "4.4.14");
      assert.equal(row.otp_release, "24.3.4.2/12.3.2.2");
      assert.match(String(row.uptime), /^(\d+ minutes, )?\d+ seconds$/);
      assert.equal(typeof row.load1, "string");
      for (const absent of ["role", "edition", "live_connections"]) assert.ok(!(absent in row));
    }
  });

  test("answers 404 for what it doesn't know, and knows nothing of v5", async () => {
    for (const path of ["/api/v5/nodes", "/api/v4/license", "/api/v4/nodes/ee@nowhere"]) {
      assert.equal((await fixture.api(0, "GET", path)).status, 404, path);
    }
  });

  test("counts clients and sessions of any node", async () => {
    const name = fixture.node(0).name;
    const online = await TestClient.connect(fixture.address(0), "online");
    const offline = await TestClient.connect(fixture.address(0), "offline", { clean: false });
    await offline.end();
    const counts = async (): Promise<unknown[]> => {
      const stats = await fixture.data<Row>(1, `/nodes/${name}/stats`);
      const info = await fixture.data<Row>(1, `/nodes/${name}`);
      return [
        stats["connections.count"],
        stats["live_connections.count"],
        stats["sessions.count"],
        info.connections,
      ];
    };
    await until("the offline client to be noticed", async () => (await counts())[0] === 1);
    assert.deepEqual(await counts(), [1, 1, 2, 2]);
    const metrics = await fixture.data<Row>(1, `/nodes/${name}/metrics`);
    assert.equal(metrics["client.connected"], 2);
    const [stats] = await fixture.data<{ node: string; stats: Row }[]>(1, "/stats");
    assert.deepEqual([stats?.node, stats?.stats["sessions.count"]], [name, 2]);

    const rows = await fixture.data<Row[]>(1, "/clients?conn_state=connected");
    assert.deepEqual(
      rows.map(({ clientid, node, connected, zone }) => ({ clientid, node, connected, zone })),
      [{ clientid: "online", node: name, connected: true, zone: "external" }],
    );
    const kicked = await fixture.api(1, "DELETE", "/api/v4/clients/online");
    assert.deepEqual([kicked.status, kicked.text], [200, '{"code":0}']);
    await until("the client to be cut", () => online.closes === 1);
  });

  test("lists listeners and brokers", async () => {
    const rows = await fixture.data<{ node: string; listeners: Row[] }[]>(0, "/listeners");
    assert.deepEqual(
      rows[0]?.listeners.map(
        ({ protocol, listen_on }) => `${String(protocol)} ${String(listen_on)}`,
      ),
      ["mqtt:tcp 0.0.0.0:1883", "http:dashboard 18083", "http:management 8081"],
    );
    const brokers = await fixture.data<Row[]>(0, "/brokers");
    assert.deepEqual(
      brokers.map(({ sysdescr, node_status }) => [sysdescr, node_status]),
      [
        ["EMQX Enterprise", "Running"],
        ["EMQX Enterprise", "Running"],
      ],
    );
  });

  test("gives its numbers to Prometheus without a login", async () => {
    const client = await TestClient.connect(fixture.address(0), "scraped");
    const path = "/api/v4/emqx_prometheus";
    const answer = await fixture.api(0, "GET", `${path}?type=prometheus`, {
      auth: "",
      port: 18083,
    });
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
    const value = (name: string): number =>
      Number(new RegExp(`^${name} (\\d+)$`, "m").exec(answer.text)?.[1]);
    assert.equal(value("emqx_connections_count"), 1);
    assert.ok(value("emqx_sessions_count") >= 1);
    assert.ok(value("emqx_client_connected") >= 1);
    assert.equal(value("emqx_cluster_nodes_running"), 2);
    assert.match(answer.text, /# TYPE emqx_connections_count gauge\n/);
    assert.match(answer.text, /# TYPE emqx_client_connected counter\n/);
    const { json } = await fixture.api(0, "GET", path, { auth: "" });
    const { stats } = json as { stats: Row };
    assert.equal(stats.emqx_connections_count, 1);
    await client.end();
  });
});

describe("older 4.4", () => {
  test("4.4.8 wants a login for Prometheus and can't evacuate; ports and names follow the env", async () => {
    const env = {
      EMQX_MANAGEMENT__LISTENER__HTTP: "0.0.0.0:8181",
      EMQX_DASHBOARD__LISTENER__HTTP: "18183",
      EMQX_LISTENER__TCP__EXTERNAL: "11883",
      EMQX_DASHBOARD__DEFAULT_USER__PASSWORD: "other",
      EMQX_MANAGEMENT__DEFAULT_APPLICATION__SECRET: "changed",
    };
    const fixture = new V4Fixture({ image: "registry.example/emqx/emqx-ee:4.4.8", env });
    try {
      const node = fixture.launch(0);
      await until("the node to run", () => node.output().includes("is running now"));
      const call = async (path: string, port: number, auth: string): Promise<number> =>
        (await fixture.api(0, "GET", path, { port, auth })).status;
      const metrics = "/api/v4/emqx_prometheus?type=prometheus";
      assert.equal(await call(metrics, 18183, ""), 401);
      assert.equal(await call(metrics, 18183, "admin:other"), 200);
      assert.equal(await call(metrics, 18183, "admin:public"), 401);
      assert.equal(await call("/api/v4/nodes", 8181, "admin:changed"), 200);
      assert.equal(await call("/api/v4/load_rebalance/status", 8181, "admin:changed"), 404);
      const client = await TestClient.connect(fixture.address(0), "port", { port: 11883 });
      await client.end();
    } finally {
      await fixture.stop();
    }
  });
});
