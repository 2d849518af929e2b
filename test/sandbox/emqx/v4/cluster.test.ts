import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TestClient } from "../client";
import { until } from "../fixture";
import { V4Fixture } from "./fixture";

describe("a cluster of 4.4", () => {
  test("shows a stopped node until autoclean forgets it, and takes it back", async () => {
    const fixture = await V4Fixture.start(3, { env: { EMQX_CLUSTER__AUTOCLEAN: "3s" } });
    try {
      const { name } = fixture.node(2);
      await fixture.end(2);
      await until("stopped", async () => (await fixture.view(0))[name] === "Stopped");
      assert.deepEqual((await fixture.api(1, "GET", `/api/v4/nodes/${name}`)).status, 404);
      await until("forgotten", async () => {
        const views = await Promise.all([fixture.view(0), fixture.view(1)]);
        return views.every((view) => Object.values(view).join() === "Running,Running");
      });
      fixture.launch(2);
      await fixture.waitClustered(3);
    } finally {
      await fixture.stop();
    }
  });

  test("carries messages and sessions between its nodes, of two releases too", async () => {
    const fixture = new V4Fixture();
    try {
      fixture.launch(0);
      fixture.launch(1, { image: "emqx/emqx-ee:4.4.24" });
      await fixture.waitClustered(2);
      const away = await TestClient.connect(fixture.address(0), "away", { clean: false });
      await away.mqtt.subscribeAsync("t/+", { qos: 1 });
      await away.end();
      const publisher = await TestClient.connect(fixture.address(1), "publisher");
      await publisher.mqtt.publishAsync("t/1", "kept", { qos: 1 });
      const back = await TestClient.connect(fixture.address(1), "away", { clean: false });
      assert.equal(back.sessionPresent, true);
      await back.expect("kept");
      for (const client of [back, publisher]) await client.end();
    } finally {
      await fixture.stop();
    }
  });

  test("and a node of 5.x stay apart", async () => {
    const fixture = new V4Fixture();
    try {
      fixture.launch(0);
      await fixture.waitClustered(1);
      const stranger = fixture.launch(1, {
        image: "emqx/emqx-enterprise:5.8.11",
        env: {
          EMQX_CLUSTER__DISCOVERY_STRATEGY: "dns",
          EMQX_CLUSTER__DNS__RECORD_TYPE: "srv",
          EMQX_NODE__ROLE: "core",
        },
      });
      const { output } = fixture.node(0);
      await until("both to have met", () =>
        [output(), stranger.output()].every((text) => text.includes("ignore_node")),
      );
      await sleep(1000);
      assert.deepEqual(await fixture.view(0), { [fixture.node(0).name]: "Running" });
      assert.doesNotMatch(output() + stranger.output(), /join_cluster/);
    } finally {
      await fixture.stop();
    }
  });
});

describe("the licence of 4.4", () => {
  test("ends a node whose file is missing or holds no certificate", async () => {
    const fixture = new V4Fixture();
    try {
      const cases: [license: string | null, env: Record<string, string>, reason: RegExp][] = [
        [
          null,
          { EMQX_LICENSE__FILE: "/mounted/nothing.lic" },
          /cannot read .*nothing\.lic: ENOENT/,
        ],
        ["not a licence", {}, /emqx\.lic holds no PEM certificate/],
      ];
      for (const [license, env, reason] of cases) {
        const node = fixture.launch(0, { license, env });
        assert.equal(await node.exited, 1);
        assert.match(node.output(), reason);
        assert.doesNotMatch(node.output(), /not a licence/);
      }
    } finally {
      await fixture.stop();
    }
  });

  test("is an evaluation for 10 connections where there is none, also in a cluster", async () => {
    const fixture = await V4Fixture.start(2, { license: null });
    try {
      assert.match(fixture.node(0).output(), /evaluation license .* 10 connections/);
      const clients = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          TestClient.connect(fixture.address(n % 2), `c${n}`, { clean: false }),
        ),
      );
      const one = TestClient.connect(fixture.address(0), "one-more", { protocolVersion: 5 });
      await assert.rejects(one, /Quota exceeded/);
      const again = await TestClient.connect(fixture.address(1), "c0", { clean: false });
      assert.equal(again.sessionPresent, true);
      await Promise.all([again, ...clients.slice(1)].map((client) => client.end()));
    } finally {
      await fixture.stop();
    }
  });
});
