import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { mintLicense } from "../../../sandbox/emqx/license";
import type { SwitchSettings } from "../../../sandbox/emqx/switches/switches";
import { TestClient } from "./client";
import { Fixture } from "./fixture";

describe("faults that are switched while nodes run", () => {
  let fixture: Fixture;
  const set = (settings: SwitchSettings, index = 0) =>
    fixture.api(index, "PUT", "/sandbox/faults", { body: settings, auth: "" });
  const nodes = (index = 0) => fixture.api(index, "GET", "/api/v5/nodes");

  before(async () => {
    const trial = mintLicense({ maxSessions: 100, expiresInDays: 30, type: "trial" });
    fixture = await Fixture.start({ nodes: 2, env: { EMQX_LICENSE__KEY: trial } });
  });
  beforeEach(async () => {
    await set({});
    await set({}, 1);
  });
  after(() => fixture.stop());

  test("a path answers as told, a number of times, and others as ever", async () => {
    const answer = await set({ answers: [{ path: "/nodes$", status: 503, times: 1 }] });
    assert.equal(answer.status, 200);
    assert.equal((await fixture.api(0, "GET", "/api/v5/cluster")).status, 200);
    assert.deepEqual([(await nodes()).status, (await nodes()).status], [503, 200]);
    assert.equal((await nodes(1)).status, 200);
  });

  test("garbage is the true answer spoilt", async () => {
    const answers = [{ path: "/nodes$", garbage: "types" as const }];
    await set({ answers });
    const [row] = ((await nodes()).json as { list: { connections: unknown }[] }).list;
    assert.equal(row?.connections, "0");
    await set({ answers: [{ path: "/nodes$", garbage: "cut" }] });
    const cut = await nodes();
    assert.deepEqual([cut.status, cut.json], [200, undefined]);
  });

  test("with `afterwards` EMQX does what it was asked for", async () => {
    const path = `/api/v5/load_rebalance/${fixture.node(0).name}/evacuation`;
    await set({ answers: [{ path: "/start$", status: 500, afterwards: true, times: 1 }] });
    const body = { wait_health_check: 60 };
    assert.equal((await fixture.api(0, "POST", `${path}/start`, { body })).status, 500);
    assert.match((await fixture.api(0, "POST", `${path}/start`, { body })).body, /already_started/);
    await set({ faults: ["stop-lost"] });
    assert.equal((await fixture.api(0, "POST", `${path}/stop`)).status, 200);
    await set({});
    assert.equal((await fixture.api(0, "POST", `${path}/stop`)).status, 200);
    assert.match((await fixture.api(0, "POST", `${path}/stop`)).body, /not_started/);
  });

  test("a rebalance holds the node's agent and is listed by every node", async () => {
    await set({ faults: ["busy-agent"] });
    const start = `/api/v5/load_rebalance/${fixture.node(0).name}/evacuation/start`;
    assert.match((await fixture.api(1, "POST", start, { body: {} })).body, /eviction_agent_busy/);
    const { json } = await fixture.api(1, "GET", "/api/v5/load_rebalance/global_status");
    const { rebalances } = json as { rebalances: { node: string }[] };
    assert.deepEqual(
      rebalances.map(({ node }) => node),
      [fixture.node(0).name],
    );
  });

  test("a licence runs out when its clock is set ahead, and a new one lets clients in", async () => {
    await set({ licenseDays: 40 });
    const connect = () => TestClient.connect(fixture.address(0), "late", { protocolVersion: 5 });
    await assert.rejects(connect(), /Quota exceeded/i);
    const key = mintLicense({ maxSessions: 100, expiresInDays: 400, type: "trial" });
    assert.equal((await fixture.api(1, "POST", "/api/v5/license", { body: { key } })).status, 200);
    await (await connect()).end();
  });

  test("a node that stopped long ago is listed until it is made to leave", async () => {
    const gone = "emqx@gone-0.test";
    await set({ stoppedNodes: [gone] });
    await set({ stoppedNodes: [gone] }, 1);
    assert.equal((await fixture.view(0))?.[gone], "stopped");
    const left = await fixture.api(1, "DELETE", `/api/v5/cluster/${gone}/force_leave`);
    assert.equal(left.status, 204);
    assert.equal((await fixture.view(1))?.[gone], undefined);
  });

  test("what is not understood is refused instead of doing nothing", async () => {
    const body = { fault: ["busy-agent"] };
    const answer = await fixture.api(0, "PUT", "/sandbox/faults", { body, auth: "" });
    assert.equal(answer.status, 400);
    assert.match(answer.body, /expected faults, answers/);
  });
});
