import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { atLeast, otpRelease, versionOfImage } from "../../../sandbox/emqx/image";
import { TestClient } from "./client";
import { Fixture, until } from "./fixture";

describe("the release of an image", () => {
  test("is its tag, short ones standing for the newest of their kind", () => {
    const shown = (image: string): string => {
      const { text, edition } = versionOfImage(image);
      return `${text} ${edition}`;
    };
    assert.equal(shown("emqx:5"), "5.8.6 ce");
    assert.equal(shown("docker.io/library/emqx:5.8"), "5.8.6 ce");
    assert.equal(shown("emqx:5.0.6"), "5.0.6 ce");
    assert.equal(shown("emqx/emqx:5.0.6@sha256:abc"), "5.0.6 ce");
    assert.equal(shown("registry:5000/emqx/emqx:5.9.0"), "5.9.0 ee");
    assert.equal(shown("emqx/emqx-enterprise:5.1.0"), "5.1.0 ee");
    assert.equal(shown("emqx/emqx-enterprise:5"), "5.10.4 ee");
    assert.equal(shown("registry/notemqx:5.0.6"), "5.0.6 ee");
    assert.throws(() => shown("emqx"), /X\.Y\.Z/);
    assert.throws(() => shown("emqx/emqx:4.4.19"), /5\.0 to 6\.x/);
  });

  test("is compared by its three numbers", () => {
    const version = versionOfImage("emqx/emqx:5.10.2");
    assert.ok(atLeast(version, 5, 9, 9) && atLeast(version, 5, 10, 2) && atLeast(version, 4, 11));
    assert.ok(!atLeast(version, 5, 10, 3) && !atLeast(version, 6, 0));
    assert.equal(otpRelease(versionOfImage("emqx/emqx:5.0.6")), "24.2.1-1/12.2.1");
  });
});

describe("open source before 5.9", () => {
  test("has neither evacuation nor licence, and its sessions die with their node", async () => {
    const fixture = await Fixture.start({ nodes: 2, image: "emqx/emqx:5.0.6" });
    try {
      const { json } = await fixture.api(0, "GET", "/api/v5/nodes");
      const [row] = json as Record<string, unknown>[];
      assert.deepEqual(
        [row?.edition, row?.version, row?.otp_release],
        ["Opensource", "5.0.6", "24.2.1-1/12.2.1"],
      );
      const name = fixture.node(0).name;
      const paths = ["load_rebalance/status", "load_rebalance/global_status", "license"];
      paths.push("load_rebalance/availability_check", "node_eviction/status");
      for (const path of paths) {
        assert.equal((await fixture.api(0, "GET", `/api/v5/${path}`)).status, 404);
      }
      const start = `/api/v5/load_rebalance/${name}/evacuation/start`;
      assert.equal((await fixture.api(0, "POST", start, { body: {} })).status, 404);
      const config = await fixture.api(0, "PUT", "/api/v5/configs", {
        text: "mqtt.max_inflight = 2",
        headers: { "content-type": "text/plain" },
      });
      assert.equal(config.status, 405);

      const options = { clean: false };
      const offline = await TestClient.connect(fixture.address(1), "offline", options);
      await offline.end();
      const online = await TestClient.connect(fixture.address(1), "online", options);
      await fixture.end(1);
      await until("the connection to be cut", () => online.closes === 1);
      for (const clientId of ["offline", "online"]) {
        const back = await TestClient.connect(fixture.address(0), clientId, options);
        assert.equal(back.sessionPresent, false);
        await back.end();
      }
    } finally {
      await fixture.stop();
    }
  });
});

describe("enterprise before 5.4", () => {
  test("5.0 knows no wait_health_check and evicts at once", async () => {
    const fixture = await Fixture.start({ nodes: 2, image: "emqx/emqx-enterprise:5.0.4" });
    try {
      const base = `/api/v5/load_rebalance/${fixture.node(0).name}/evacuation`;
      const refused = await fixture.api(0, "POST", `${base}/start`, {
        body: { wait_health_check: 1 },
      });
      assert.equal(refused.status, 400);
      assert.match(refused.body, /unknown_fields.*wait_health_check|wait_health_check.*unknown_f/);
      const started = await fixture.api(0, "POST", `${base}/start`, { body: {} });
      assert.equal(started.status, 200);
      await until("it to wait for takeovers", async () => {
        const { json } = await fixture.api(0, "GET", "/api/v5/load_rebalance/status");
        return (json as { state: string }).state === "waiting_takeover";
      });
      const { json } = await fixture.api(1, "GET", "/api/v5/load_rebalance/global_status");
      assert.deepEqual(Object.keys(json as object).sort(), ["evacuations", "rebalances"]);
    } finally {
      await fixture.stop();
    }
  });

  test("5.3 asks for credentials for availability_check, which is 200 during the health check", async () => {
    const fixture = await Fixture.start({ nodes: 2, image: "emqx/emqx-enterprise:5.3.2" });
    try {
      const check = "/api/v5/load_rebalance/availability_check";
      const ask = async (auth?: string): Promise<number> =>
        (await fixture.api(0, "GET", check, { auth })).status;
      assert.deepEqual([await ask(""), await ask()], [401, 200]);
      const base = `/api/v5/load_rebalance/${fixture.node(0).name}/evacuation`;
      await fixture.api(1, "POST", `${base}/start`, { body: { wait_health_check: "1h" } });
      assert.equal(await ask(), 200);
      const { json } = await fixture.api(0, "GET", "/api/v5/load_rebalance/status");
      assert.equal((json as { state: string }).state, "waiting_health_check");
      await fixture.api(1, "POST", `${base}/stop`);
      await fixture.api(1, "POST", `${base}/start`, { body: { wait_health_check: 0 } });
      await until("503", async () => (await ask()) === 503);
    } finally {
      await fixture.stop();
    }
  });
});

describe("metrics for Prometheus", () => {
  const REQUIRED = [
    ...["emqx_connections_count", "emqx_live_connections_count", "emqx_sessions_count"],
    ...["emqx_client_connected", "emqx_client_disconnected"],
    ...["emqx_cluster_nodes_running", "emqx_cluster_nodes_stopped"],
  ];

  test("come without credentials as text, with the licence's where there is one", async () => {
    const fixture = new Fixture({ image: "emqx/emqx:6.2.2" });
    try {
      fixture.launch(0);
      fixture.launchReplicant(1);
      await fixture.waitClustered(2);
      const client = await TestClient.connect(fixture.address(1), "one");
      const metrics = async (index: number): Promise<Map<string, number>> => {
        const answer = await fixture.api(index, "GET", "/api/v5/prometheus/stats", { auth: "" });
        assert.equal(answer.headers.get("content-type"), "text/plain");
        const rows = answer.body.matchAll(/^(emqx_\w+) (\S+)$/gm);
        return new Map([...rows].map(([, name = "", value]) => [name, Number(value)]));
      };
      const all = await metrics(1);
      for (const name of REQUIRED) assert.ok(all.has(name), name);
      assert.equal(all.get("emqx_live_connections_count"), 1);
      assert.equal(all.get("emqx_client_connected"), 1);
      assert.equal(all.get("emqx_license_max_sessions"), 100_000);
      const days = ((all.get("emqx_license_expiry_at") ?? 0) - Date.now() / 1000) / 86_400;
      assert.ok(days > 28 && days < 31, `${days}`);
      await client.end();
      await fixture.end(1);
      await until("the replicant to vanish", async () => {
        const now = await metrics(0);
        return now.get("emqx_cluster_nodes_running") === 1;
      });
      assert.equal((await metrics(0)).get("emqx_cluster_nodes_stopped"), 0);
    } finally {
      await fixture.stop();
    }
  });
});
