import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TestClient } from "./client";
import { Fixture, until } from "./fixture";

const PERSISTENT = {
  protocolVersion: 5,
  clean: false,
  properties: { sessionExpiryInterval: 600 },
} as const;

interface Outcome {
  sent: number;
  missing: number;
  /** Connections that were closed after the client had come back once. */
  secondCuts: number;
}

/** Evacuates a node while its subscribers come back in the middle of the session moves and messages keep coming. */
async function evacuateUnderFire(env: Record<string, string>): Promise<Outcome> {
  const fixture = await Fixture.start({ nodes: 3, env });
  try {
    const publisher = await TestClient.connect(fixture.address(2), "publisher");
    const ids = Array.from({ length: 40 }, (_, n) => `client-${n}`);
    const subscribers = await Promise.all(
      ids.map(async (id) => {
        const client = await TestClient.connect(fixture.address(0), id, PERSISTENT);
        await client.mqtt.subscribeAsync("all/#", { qos: 1 });
        return client;
      }),
    );
    let sent = 0;
    let running = true;
    const fire = (async () => {
      while (running) {
        await publisher.mqtt.publishAsync("all/x", String(sent), { qos: 1 });
        sent += 1;
        await sleep(5);
      }
    })();
    await fixture.api(
      1,
      "POST",
      `/api/v5/load_rebalance/${fixture.node(0).name}/evacuation/start`,
      {
        body: {
          ...{ wait_health_check: 0, wait_takeover: 0, conn_evict_rate: 20, sess_evict_rate: 20 },
          migrate_to: [fixture.node(1).name, fixture.node(2).name],
        },
      },
    );
    await until("all evicted", () => subscribers.every((client) => client.closes > 0));
    const moving = async (): Promise<boolean> => {
      const { json } = await fixture.api(0, "GET", "/api/v5/node_eviction/status");
      return (json as { stats: { sessions: number } }).stats.sessions < ids.length;
    };
    await until("the moves to begin", moving);
    const back = await Promise.all(
      ids.map(async (id, n) => {
        await sleep(Math.floor(n / 4) * 40);
        const client = await TestClient.connect(fixture.address(1 + (n % 2)), id, PERSISTENT);
        assert.equal(client.sessionPresent, true);
        return client;
      }),
    );
    await until("the node to be empty", async () => {
      const { json } = await fixture.api(0, "GET", "/api/v5/load_rebalance/status");
      return (json as { state: string }).state === "prohibiting";
    });
    running = false;
    await fire;
    const missingOf = (n: number): number => {
      const seen = new Set([...(subscribers[n]?.payloads ?? []), ...(back[n]?.payloads ?? [])]);
      return sent - seen.size;
    };
    const total = (): number => ids.reduce((sum, _id, n) => sum + missingOf(n), 0);
    const deadline = Date.now() + 3000;
    while (total() > 0 && Date.now() < deadline) await sleep(50);
    const secondCuts = back.filter((client) => client.closes > 0).length;
    for (const client of [...back, publisher]) client.drop();
    return { sent, missing: total(), secondCuts };
  } finally {
    await fixture.stop();
  }
}

describe("clients that come back while their sessions are moved", () => {
  test("lose nothing and are not cut again", async () => {
    const slow = { SANDBOX_EMQX_SESSION_MOVE_MS: "15" };
    const outcome = await evacuateUnderFire(slow);
    assert.ok(outcome.sent > 50);
    assert.deepEqual([outcome.missing, outcome.secondCuts], [0, 0]);
  });

  test("are cut a second time and lose a message where the real EMQX's effects are switched on", async () => {
    const outcome = await evacuateUnderFire({
      SANDBOX_EMQX_SESSION_MOVE_MS: "15",
      SANDBOX_EMQX_FAULTS: "second-cut,lossy-takeover",
    });
    assert.ok(outcome.secondCuts > 0, "somebody is cut again");
    assert.ok(outcome.missing > 0, "something is lost");
  });
});
