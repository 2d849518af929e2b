import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TestClient } from "./client";
import { Fixture, until } from "./fixture";

describe("faults of the real EMQX, on request", () => {
  let fixture: Fixture;
  let evacuation: string;

  before(async () => {
    fixture = await Fixture.start({
      nodes: 2,
      env: {
        SANDBOX_EMQX_FAULTS: "start-500-though-started,missing-from-global-status,durable-sessions",
      },
    });
    evacuation = `/api/v5/load_rebalance/${fixture.node(0).name}/evacuation`;
  });

  after(() => fixture.stop());

  test("start answers 500 in plain text though it has started", async () => {
    const body = { wait_health_check: 0, wait_takeover: 0 };
    const answer = await fixture.api(1, "POST", `${evacuation}/start`, { body });
    assert.equal(answer.status, 500);
    assert.match(answer.body, /^Unsupported code 'RPC_ERROR', message <<"RPC error on node/);
    const again = await fixture.api(1, "POST", `${evacuation}/start`, { body });
    assert.equal(again.status, 400);
    assert.match(again.body, /already_started/);
  });

  test("the node is missing from some answers of global_status", async () => {
    const seen: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      const { json } = await fixture.api(1, "GET", "/api/v5/load_rebalance/global_status");
      seen.push((json as { evacuations: unknown[] }).evacuations.length);
    }
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [0, 0, 1, 1, 1, 1],
    );
  });

  test("with durable sessions prohibiting is never reached, though the node is empty", async () => {
    await until("evicting_sessions", async () => {
      const { json } = await fixture.api(0, "GET", "/api/v5/load_rebalance/status");
      return (json as { state: string }).state === "evicting_sessions";
    });
    await sleep(2500);
    const { json } = await fixture.api(0, "GET", "/api/v5/load_rebalance/status");
    assert.equal((json as { state: string }).state, "evicting_sessions");
    const node = await fixture.api(1, "GET", `/api/v5/nodes/${fixture.node(0).name}`);
    assert.equal((node.json as { connections: number }).connections, 0);
    assert.equal((await fixture.api(0, "POST", `${evacuation}/stop`)).status, 200);
  });
});

describe("nodes that hang", () => {
  test("a frozen recipient holds up the move and the status, nothing is lost when it wakes", async () => {
    const fixture = await Fixture.start({ nodes: 2 });
    const frozen = fixture.node(1).process;
    try {
      const options = { protocolVersion: 5, clean: false } as const;
      const client = await TestClient.connect(fixture.address(0), "patient", {
        ...options,
        properties: { sessionExpiryInterval: 600 },
      });
      await client.mqtt.subscribeAsync("p", { qos: 1 });
      client.drop();
      const path = `/api/v5/load_rebalance/${fixture.node(0).name}/evacuation/start`;
      const body = { wait_health_check: 0, wait_takeover: 2, migrate_to: [fixture.node(1).name] };
      assert.equal((await fixture.api(0, "POST", path, { body })).status, 200);
      await until("the wait", async () => {
        const { json } = await fixture.api(0, "GET", "/api/v5/load_rebalance/status");
        return (json as { state: string }).state === "waiting_takeover";
      });
      frozen.kill("SIGSTOP");
      await sleep(3000);
      const status = fixture.api(0, "GET", "/api/v5/load_rebalance/status");
      const quick = await Promise.race([status.then(() => true), sleep(1000).then(() => false)]);
      assert.equal(quick, false);
      const eviction = await fixture.api(0, "GET", "/api/v5/node_eviction/status");
      assert.equal(eviction.status, 200);
      frozen.kill("SIGCONT");
      await status;
      await until("the move", async () => {
        const { json } = await fixture.api(0, "GET", "/api/v5/load_rebalance/status");
        return (json as { state: string }).state === "prohibiting";
      });
      const back = await TestClient.connect(fixture.address(1), "patient", options);
      assert.equal(back.sessionPresent, true);
      await back.end();
    } finally {
      frozen.kill("SIGCONT");
      await fixture.stop();
    }
  });
});
