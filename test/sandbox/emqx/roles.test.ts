import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestClient } from "./client";
import { Fixture, until } from "./fixture";

const REPLICANT = { EMQX_NODE__ROLE: "replicant" };

describe("replicants", () => {
  let fixture: Fixture;
  const core = 0;
  const [one, two] = [1, 2] as const;

  before(async () => {
    fixture = new Fixture();
    fixture.launch(core);
    for (const index of [one, two]) fixture.launchReplicant(index);
    await fixture.waitClustered(3);
  });

  after(() => fixture.stop());

  const rolesSeenBy = async (index: number): Promise<Record<string, string>> => {
    const { json } = await fixture.api(index, "GET", "/api/v5/nodes");
    const rows = json as { node: string; role: string }[];
    return Object.fromEntries(rows.map((row) => [row.node, row.role]));
  };

  test("are named by their pod's IP and listed with their role by every node", async () => {
    const ip = fixture.address(one).replace(/^127/, "10");
    assert.equal(fixture.node(one).name, `emqx@${ip}`);
    for (const index of [core, one, two]) {
      assert.deepEqual(await rolesSeenBy(index), {
        [fixture.node(core).name]: "core",
        [fixture.node(one).name]: "replicant",
        [fixture.node(two).name]: "replicant",
      });
    }
    const { json } = await fixture.api(core, "GET", "/api/v5/cluster/topology");
    const [row] = json as { core_node: string; replicant_nodes: { node: string }[] }[];
    assert.equal(row?.core_node, fixture.node(core).name);
    assert.equal(row.replicant_nodes.length, 2);
  });

  test("take clients, route messages and hand sessions over as cores do", async () => {
    const subscriber = await TestClient.connect(fixture.address(one), "mover", { clean: false });
    await subscriber.mqtt.subscribeAsync("r/1", { qos: 1 });
    const publisher = await TestClient.connect(fixture.address(core), "pub");
    await publisher.mqtt.publishAsync("r/1", "first", { qos: 1 });
    await subscriber.expect("first");
    await subscriber.end();
    await publisher.mqtt.publishAsync("r/1", "queued", { qos: 1 });
    const back = await TestClient.connect(fixture.address(two), "mover", { clean: false });
    assert.equal(back.sessionPresent, true);
    await back.expect("queued");
    for (const client of [back, publisher]) await client.end();
  });

  test("evacuate to each other, to a core, and a core to them", async () => {
    const evacuate = async (from: number, to: number, clientId: string): Promise<void> => {
      const client = await TestClient.connect(fixture.address(from), clientId, { clean: false });
      const name = fixture.node(from).name;
      const base = `/api/v5/load_rebalance/${name}/evacuation`;
      const body = {
        ...{ wait_health_check: 0, wait_takeover: 0, migrate_to: [fixture.node(to).name] },
      };
      assert.equal((await fixture.api(core, "POST", `${base}/start`, { body })).status, 200);
      const check = "/api/v5/load_rebalance/availability_check";
      assert.equal((await fixture.api(from, "GET", check, { auth: "" })).status, 503);
      await until("it to be empty", async () => {
        const { json } = await fixture.api(from, "GET", "/api/v5/load_rebalance/status");
        return (json as { state: string }).state === "prohibiting";
      });
      assert.equal(client.closes, 1);
      const back = await TestClient.connect(fixture.address(to), clientId, { clean: false });
      assert.equal(back.sessionPresent, true);
      await back.mqtt.endAsync();
      assert.equal((await fixture.api(core, "POST", `${base}/stop`)).status, 200);
    };
    await evacuate(one, two, "from-replicant");
    await evacuate(one, core, "to-core");
    await evacuate(core, two, "from-core");
  });

  test("can't be forced to leave, and vanish when they stop or die", async () => {
    const name = fixture.node(two).name;
    const path = `/api/v5/cluster/${name}/force_leave`;
    const refused = await fixture.api(core, "DELETE", path);
    assert.deepEqual(
      [refused.status, refused.body],
      [400, '{"code":"BAD_REQUEST","message":"node_not_in_cluster"}'],
    );
    await fixture.end(two);
    await until("it to vanish", async () => !(name in ((await fixture.view(core)) ?? {})));
    fixture.launchReplicant(two);
    await fixture.waitClustered(3);
    await fixture.end(two, "SIGKILL");
    for (const index of [core, one]) {
      await until("it to vanish", async () => !(name in ((await fixture.view(index)) ?? {})));
    }
    assert.equal((await fixture.api(core, "DELETE", path)).status, 400);
    const { json } = await fixture.api(core, "GET", `/api/v5/nodes`);
    assert.equal((json as object[]).length, 2);
  });

  test("meet a core again that was restarted", async () => {
    fixture.launchReplicant(two);
    await fixture.waitClustered(3);
    fixture.launch(3);
    await fixture.waitClustered(4);
    await fixture.end(3, "SIGKILL");
    const name = fixture.node(3).name;
    await until("the crash", async () => (await fixture.view(two))?.[name] === "stopped");
    fixture.launch(3);
    await fixture.waitClustered(4);
    assert.equal((await rolesSeenBy(3))[fixture.node(one).name], "replicant");
  });
});

describe("a replicant and the releases of cores", () => {
  const status = async (fixture: Fixture, index: number): Promise<number> =>
    (await fixture.api(index, "GET", "/status", { auth: "" })).status;

  test("without a core of its release it waits, and serves once there is one", async () => {
    const fixture = new Fixture({ image: "emqx/emqx:6.1.0" });
    try {
      fixture.launch(0);
      await fixture.waitClustered(1);
      const replicant = fixture.launchReplicant(1, {}, "emqx/emqx:6.1.1");
      const wanted = /a replicant of 6\.1\.1 needs a running core of 6\.1\.1.*\(6\.1\.0\)/;
      await until("it to say so", () => wanted.test(replicant.output()));
      assert.equal(await status(fixture, 1), 503);
      assert.equal((await fixture.api(1, "GET", "/api/v5/nodes")).status, 503);
      await assert.rejects(TestClient.connect(fixture.address(1), "early"));
      assert.deepEqual(Object.keys((await fixture.view(0)) ?? {}), [fixture.node(0).name]);

      fixture.launch(2, {}, "emqx/emqx:6.1.1");
      await fixture.waitClustered(3);
      assert.equal(await status(fixture, 1), 200);
    } finally {
      await fixture.stop();
    }
  });

  test("losing the last core of its release it stops serving, and comes back with it", async () => {
    const fixture = new Fixture({ image: "emqx/emqx:6.1.0" });
    try {
      fixture.launch(0);
      fixture.launch(1, {}, "emqx/emqx:6.1.1");
      fixture.launchReplicant(2, {}, "emqx/emqx:6.1.1");
      await fixture.waitClustered(3);
      const replicant = fixture.node(2);
      const client = await TestClient.connect(fixture.address(2), "guest");
      await fixture.end(1);
      await until("the client's connection to end", () => client.closes === 1);
      await until("503", async () => (await status(fixture, 2)) === 503);
      await until("it to be gone", async () => {
        const view = await fixture.view(0);
        return view !== undefined && !(replicant.name in view);
      });
      assert.match(replicant.output(), /no core of 6\.1\.1 is left/);
      assert.equal(replicant.process.exitCode, null);
      fixture.launch(1, {}, "emqx/emqx:6.1.1");
      await fixture.waitClustered(3);
      const back = await TestClient.connect(fixture.address(2), "guest");
      await back.end();
    } finally {
      await fixture.stop();
    }
  });

  test("are upgraded with their clients' sessions: replicants first, then the cores", async () => {
    const green = "emqx/emqx:6.1.1";
    const fixture = new Fixture({ image: "emqx/emqx:6.1.0" });
    try {
      const options = { clean: false };
      fixture.launch(0);
      fixture.launchReplicant(1);
      await fixture.waitClustered(2);
      const sleeper = await TestClient.connect(fixture.address(1), "sleeper", options);
      await sleeper.mqtt.subscribeAsync("s", { qos: 1 });
      await sleeper.end();
      const awake = await TestClient.connect(fixture.address(1), "awake", options);
      await awake.mqtt.subscribeAsync("s", { qos: 1 });
      fixture.launch(2, {}, green);
      fixture.launchReplicant(3, {}, green);
      await fixture.waitClustered(4);

      const blue = fixture.node(1).name;
      const start = await fixture.api(
        2,
        "POST",
        `/api/v5/load_rebalance/${blue}/evacuation/start`,
        {
          body: {
            wait_health_check: 0,
            wait_takeover: 1,
            migrate_to: [fixture.node(3).name],
          },
        },
      );
      assert.equal(start.status, 200);
      await until("the close", () => awake.closes === 1);
      const moved = await TestClient.connect(fixture.address(3), "awake", options);
      assert.equal(moved.sessionPresent, true);
      await until("the replicant to be empty", async () => {
        const { json } = await fixture.api(2, "GET", "/api/v5/load_rebalance/global_status");
        const [row] = (json as { evacuations: { state: string }[] }).evacuations;
        return row?.state === "prohibiting";
      });
      await fixture.end(1);
      await fixture.end(0);
      const core = fixture.node(0).name;
      await until("the core to stop", async () => (await fixture.view(3))?.[core] === "stopped");
      const left = await fixture.api(3, "DELETE", `/api/v5/cluster/${core}/force_leave`);
      assert.equal(left.status, 204);
      await until("it to be forgotten", async () => {
        const views = [await fixture.view(2), await fixture.view(3)];
        return views.every((view) => view && !(core in view));
      });
      assert.deepEqual(await fixture.view(2), {
        [fixture.node(2).name]: "running",
        [fixture.node(3).name]: "running",
      });

      const publisher = await TestClient.connect(fixture.address(2), "publisher");
      await publisher.mqtt.publishAsync("s", "hello", { qos: 1 });
      await moved.expect("hello");
      assert.equal(moved.closes, 0);
      const woken = await TestClient.connect(fixture.address(2), "sleeper", options);
      assert.equal(woken.sessionPresent, true);
      await woken.expect("hello");
      for (const client of [moved, publisher, woken]) await client.end();
    } finally {
      await fixture.stop();
    }
  });

  test("open source has none since 5.8", async () => {
    const fixture = new Fixture({ image: "emqx/emqx:5.8.6", env: REPLICANT });
    try {
      const node = fixture.launch(0);
      assert.equal(await node.exited, 1);
      assert.match(node.output(), /only allowed in Enterprise edition since 5\.8\.0/);
    } finally {
      await fixture.stop();
    }
  });
});
