import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestClient } from "./client";
import { Fixture, until } from "./fixture";

const names = (...indexes: number[]): string[] =>
  indexes.map((index) => `emqx@test-core-${index}.test-headless.default.svc.cluster.local`);

describe("a cluster of three nodes", () => {
  let fixture: Fixture;

  before(async () => {
    fixture = await Fixture.start({ nodes: 3 });
  });

  after(() => fixture.stop());

  test("is the same seen from every node", async () => {
    for (const index of [0, 1, 2]) {
      const { json } = await fixture.api(index, "GET", "/api/v5/cluster");
      assert.deepEqual(json, {
        name: "emqxcl",
        nodes: names(0, 1, 2),
        self: names(index)[0],
      });
    }
  });

  test("brings a message to subscribers on every node as soon as SUBACK came", async () => {
    const subscribers = await Promise.all(
      [0, 1, 2].map((index) => TestClient.connect(fixture.address(index), `sub-${index}`)),
    );
    const publisher = await TestClient.connect(fixture.address(1), "publisher");
    for (const [index, subscriber] of subscribers.entries()) {
      await subscriber.mqtt.subscribeAsync(index === 0 ? "c/1" : "c/+", { qos: 1 });
      await publisher.mqtt.publishAsync("c/1", `after-${index}`, { qos: 1 });
    }
    await subscribers[0]?.expect("after-0", "after-1", "after-2");
    await subscribers[1]?.expect("after-1", "after-2");
    await subscribers[2]?.expect("after-2");
    for (const client of [...subscribers, publisher]) await client.end();
  });

  test("shares retained messages and takes a dead client's will everywhere", async () => {
    const publisher = await TestClient.connect(fixture.address(0), "ret-pub", {
      will: { topic: "state", payload: Buffer.from("dead"), qos: 1, retain: true },
    });
    await publisher.mqtt.publishAsync("ret/1", "kept", { qos: 1, retain: true });
    publisher.drop();
    const subscriber = await TestClient.connect(fixture.address(2), "ret-sub");
    await subscriber.mqtt.subscribeAsync("ret/#", { qos: 1 });
    await subscriber.expect("kept");
    await subscriber.mqtt.subscribeAsync("state", { qos: 1 });
    await subscriber.expect("kept", "dead");
    await subscriber.end();
  });

  test("spreads a shared subscription over its nodes", async () => {
    const one = await TestClient.connect(fixture.address(0), "share-0");
    const two = await TestClient.connect(fixture.address(1), "share-1");
    await one.mqtt.subscribeAsync("$share/g/s", { qos: 1 });
    await two.mqtt.subscribeAsync("$share/g/s", { qos: 1 });
    const publisher = await TestClient.connect(fixture.address(2), "share-pub");
    for (let n = 0; n < 40; n += 1) await publisher.mqtt.publishAsync("s", `${n}`, { qos: 1 });
    await until("all", () => one.payloads.length + two.payloads.length >= 40);
    assert.equal(new Set([...one.payloads, ...two.payloads]).size, 40);
    assert.ok(one.payloads.length > 0 && two.payloads.length > 0);
    for (const client of [one, two, publisher]) await client.end();
  });

  test("lists a stopped node until it is forced to leave, and takes it back", async () => {
    const [, , name = ""] = names(0, 1, 2);
    await fixture.end(2);
    await until("the others to notice", async () => (await fixture.view(0))?.[name] === "stopped");
    const { json } = await fixture.api(0, "GET", "/api/v5/nodes");
    assert.deepEqual(
      (json as { node: string }[]).find((row) => row.node === name),
      { node: name, node_status: "stopped", role: "core" },
    );
    const one = await fixture.api(0, "GET", `/api/v5/nodes/${name}`);
    assert.deepEqual(
      [one.status, one.body],
      [404, `{"code":"NOT_FOUND","message":"Node not found: ${name}"}`],
    );
    const cluster = await fixture.api(0, "GET", "/api/v5/cluster");
    assert.deepEqual((cluster.json as { nodes: string[] }).nodes, names(0, 1));

    const left = await fixture.api(0, "DELETE", `/api/v5/cluster/${name}/force_leave`);
    assert.deepEqual([left.status, left.body], [204, ""]);
    for (const index of [0, 1]) {
      await until(
        "the name to be gone",
        async () => !(name in ((await fixture.view(index)) ?? {})),
      );
    }
    const again = await fixture.api(0, "DELETE", `/api/v5/cluster/${name}/force_leave`);
    assert.deepEqual(
      [again.status, again.body],
      [400, '{"code":"BAD_REQUEST","message":"node_not_in_cluster"}'],
    );
    // It still has its old schema on disk, which the others no longer honour.
    fixture.launch(2);
    await fixture.waitClustered(3);
  });

  test("notices a crash, and a restarted node gets retained messages and routes again", async () => {
    const [, name = ""] = names(0, 1);
    await fixture.end(1, "SIGKILL");
    await until("the crash to be seen", async () => (await fixture.view(0))?.[name] === "stopped");
    fixture.launch(1);
    await fixture.waitClustered(3);
    const subscriber = await TestClient.connect(fixture.address(1), "back");
    await subscriber.mqtt.subscribeAsync("ret/1", { qos: 1 });
    await subscriber.expect("kept");
    const publisher = await TestClient.connect(fixture.address(1), "back-pub");
    const other = await TestClient.connect(fixture.address(0), "other");
    await other.mqtt.subscribeAsync("from/restarted", { qos: 1 });
    await publisher.mqtt.publishAsync("from/restarted", "hello", { qos: 1 });
    await other.expect("hello");
    for (const client of [subscriber, publisher, other]) await client.end();
  });

  test("a running node that is forced to leave is alone afterwards, and comes back when invited", async () => {
    const [, , name = ""] = names(0, 1, 2);
    const left = await fixture.api(0, "DELETE", `/api/v5/cluster/${name}/force_leave`);
    assert.equal(left.status, 204);
    await until("it to be alone", async () => {
      const view = await fixture.view(2);
      return view !== undefined && Object.keys(view).join() === name;
    });
    assert.deepEqual(Object.keys((await fixture.view(0)) ?? {}), names(0, 1));
    const invited = await fixture.api(0, "PUT", `/api/v5/cluster/${name}/invite`, {
      body: { timeout: 15000 },
    });
    assert.equal(invited.status, 200);
    await fixture.waitClustered(3);
  });
});

describe("nodes that must not become one cluster", () => {
  /** Starts a second node with other env and tells whether the first one ever lists it. */
  async function joins(env: Record<string, string>): Promise<{ joined: boolean; log: string }> {
    const fixture = await Fixture.start({ nodes: 1 });
    try {
      fixture.launch(1, env);
      await until("the second node to run", () => fixture.node(1).output().includes("is running"));
      await until("some rounds of discovery", async () => {
        const views = [await fixture.view(0), await fixture.view(1)];
        const joined = views.some((view) => Object.keys(view ?? {}).length > 1);
        return joined || Date.now() - started > 2500;
      });
      const views = [await fixture.view(0), await fixture.view(1)];
      const joined = views.some((view) => Object.keys(view ?? {}).length > 1);
      return { joined, log: fixture.node(1).output() + fixture.node(0).output() };
    } finally {
      await fixture.stop();
    }
  }
  let started = Date.now();

  test("another cookie", async () => {
    started = Date.now();
    const { joined, log } = await joins({ EMQX_NODE__COOKIE: "othercookie" });
    assert.equal(joined, false);
    assert.match(log, /rejected\. Invalid challenge reply/);
  });

  test("another cluster name", async () => {
    started = Date.now();
    const { joined } = await joins({ EMQX_CLUSTER__NAME: "other" });
    assert.equal(joined, false);
  });

  test("a discovery name that nothing answers to", async () => {
    started = Date.now();
    const name = "wrong-headless.default.svc.cluster.local";
    assert.equal((await joins({ EMQX_CLUSTER__DNS__NAME: name })).joined, false);
  });

  test("another node base name", async () => {
    started = Date.now();
    assert.equal((await joins({ EMQX_NAME: "green" })).joined, false);
  });

  test("a node told to refuse to join", async () => {
    started = Date.now();
    assert.equal((await joins({ SANDBOX_EMQX_FAULTS: "refuse-join" })).joined, false);
  });
});
