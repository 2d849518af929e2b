import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parseHocon } from "../../../sandbox/emqx/settings/hocon";
import { hoconText } from "../../../sandbox/emqx/settings/hocon-text";
import { TestClient } from "./client";
import type { ApiAnswer } from "./fixture";
import { Fixture } from "./fixture";
import { connectHex, Wire } from "./wire";

const headers = { "content-type": "text/plain" };

describe("changing the configuration while the cluster runs", () => {
  let fixture: Fixture;

  before(async () => {
    fixture = new Fixture({ env: { EMQX_MQTT__MAX_INFLIGHT: "11" } });
    fixture.launch(0);
    fixture.launchReplicant(1);
    await fixture.waitClustered(2);
  });

  after(() => fixture.stop());

  const put = (text: string, query = "?mode=merge&ignore_readonly=true"): Promise<ApiAnswer> =>
    fixture.api(0, "PUT", `/api/v5/configs${query}`, { text, headers });
  const mqtt = async (index: number): Promise<Record<string, unknown>> => {
    const { json } = await fixture.api(index, "GET", "/api/v5/configs?key=mqtt");
    return (json as { mqtt: Record<string, unknown> }).mqtt;
  };
  const kept = (index: number): unknown => {
    const path = join(fixture.node(index).root, "opt/emqx/data/configs/cluster.hocon");
    return existsSync(path) ? parseHocon(readFileSync(path, "utf8")) : undefined;
  };

  test("has taken effect on every node when the answer comes, and is kept on each", async () => {
    const answer = await put("mqtt { max_packet_size = 1KB, max_clientid_len = 30 }");
    assert.deepEqual([answer.status, answer.body], [200, ""]);
    const wanted = { max_inflight: 11, max_packet_size: "1KB", max_clientid_len: 30 };
    for (const index of [0, 1]) {
      assert.deepEqual(await mqtt(index), wanted);
      assert.deepEqual(kept(index), { mqtt: wanted });
    }
    const root = await fixture.api(1, "GET", "/api/v5/configs/mqtt");
    assert.deepEqual(root.json, wanted);
    assert.equal((await fixture.api(1, "GET", "/api/v5/configs/nonsense")).status, 404);
  });

  test("applies to clients that connect afterwards", async () => {
    const client = await TestClient.connect(fixture.address(1), "small", { protocolVersion: 5 });
    client.mqtt.publish("big", Buffer.alloc(2000), { qos: 0 });
    await new Promise<void>((done) => client.mqtt.once("close", () => done()));
    assert.equal(client.disconnectReason, 0x95);
    const three = await Wire.open(fixture.address(0));
    three.send(connectHex("a".repeat(31)));
    await three.expect("20020002");
    const five = await Wire.open(fixture.address(0));
    five.send(connectHex("a".repeat(31), { version: 5 }));
    await five.expect("2003008500");
  });

  test("merges into a root, or replaces the roots that it names and no others", async () => {
    assert.equal((await put("retainer.enable = false")).status, 200);
    assert.equal((await put("mqtt.max_inflight = 12")).status, 200);
    assert.equal((await mqtt(1)).max_packet_size, "1KB");
    assert.equal((await put("mqtt { max_inflight = 13 }", "?mode=replace")).status, 200);
    for (const index of [0, 1]) {
      assert.deepEqual(await mqtt(index), { max_inflight: 13 });
      assert.deepEqual(kept(index), { retainer: { enable: false }, mqtt: { max_inflight: 13 } });
    }
  });

  test("reaches nodes that join later, and loses to env when a node boots", async () => {
    assert.equal((await put("mqtt.max_topic_levels = 5")).status, 200);
    fixture.launch(2);
    await fixture.waitClustered(3);
    assert.deepEqual(await mqtt(2), { max_inflight: 11, max_topic_levels: 5 });
    await fixture.end(2);
    fixture.launch(2);
    await fixture.waitClustered(3);
    assert.deepEqual(await mqtt(2), { max_inflight: 11, max_topic_levels: 5 });
    assert.equal((await mqtt(0)).max_inflight, 13);
  });

  test("is refused whole when any part of it is wrong, in EMQX's words", async () => {
    const before = await mqtt(0);
    const errors = async (text: string): Promise<unknown> => {
      const answer = await put(text);
      assert.equal(answer.status, 400);
      return (answer.json as { errors: unknown }).errors;
    };
    const kind = "validation_error";
    assert.deepEqual(await errors("mqtt.max_inflight = 2\nlog.console.level = erro1r"), {
      log: {
        ...{ kind, path: "log.console.level", value: "erro1r" },
        reason: "unable_to_convert_to_enum_symbol",
      },
    });
    assert.deepEqual(await errors("mqtt { max_packet_size = lots, max_inflight = 0 }"), {
      mqtt: {
        ...{ kind, path: "mqtt.max_packet_size", value: "lots", unshown_errors_count: 1 },
        reason: "Not a valid bytesize",
      },
    });
    assert.deepEqual(await errors("mqtt.max_clientid_len = 5"), {
      mqtt: {
        ...{ kind, path: "mqtt.max_clientid_len", value: 5 },
        reason: { expected: "23..65535" },
      },
    });
    assert.deepEqual(await errors("flapping_detect { enabled = true, max_count = 1 }"), {
      flapping_detect: {
        ...{ kind, path: "flapping_detect", reason: "unknown_fields", unknown: "enabled" },
        unmatched: "ban_time,enable,...",
      },
    });
    assert.deepEqual(await errors("listeners.tcp.default { bind = nowhere }"), {
      listeners: {
        ...{ kind, path: "listeners.tcp.default.bind", value: "nowhere" },
        reason: "bad_host_port",
      },
    });
    assert.deepEqual(await errors("mqtt = 5\nnonsense = 1"), {
      mqtt: { kind, path: "mqtt", reason: "bad_value_for_struct", value: 5 },
      nonsense: '{root_key_not_found,"nonsense"}',
    });
    const licence = String(await errors("license.key = nonsense"));
    assert.match(licence, /Can't merge the new.*Root key: license.*bad_license_format/s);
    const syntax = (await errors("mqtt {\n  max_inflight = \n}")) as Record<string, unknown>;
    assert.deepEqual([syntax.type, syntax.line], ["parse_error", 3]);
    assert.deepEqual(await mqtt(0), before);
  });

  test("leaves out read-only parts when told to ignore them, and says so otherwise", async () => {
    const text = "node.cookie = other\nmqtt.max_inflight = 21";
    const refused = await put(text, "?mode=merge");
    assert.equal(refused.body, `{"errors":"Cannot update read-only key 'node'."}`);
    assert.equal((await put(text)).status, 200);
    assert.equal((await mqtt(1)).max_inflight, 21);
    const { json } = await fixture.api(0, "GET", "/api/v5/configs?key=node");
    assert.equal((json as { node: Record<string, unknown> }).node.cookie, "******");
    assert.equal((await put("", "?mode=upside-down")).status, 400);
  });

  test("shows itself as text and as JSON, of any running node", async () => {
    const text = async (query: string): Promise<ApiAnswer> =>
      fixture.api(0, "GET", `/api/v5/configs?key=mqtt${query}`, {
        headers: { accept: "text/plain" },
      });
    const mine = await text("");
    assert.equal(mine.headers.get("content-type"), "text/plain");
    assert.deepEqual(parseHocon(mine.body), { mqtt: await mqtt(0) });
    const other = await text(`&node=${fixture.node(1).name}`);
    assert.deepEqual(parseHocon(other.body), { mqtt: await mqtt(1) });
    assert.equal((await text("&node=bad@node")).status, 404);
    const { json } = await fixture.api(0, "GET", "/api/v5/listeners");
    const [row] = json as { id: string; running?: boolean; status: { running: boolean } }[];
    assert.deepEqual([row?.id, row?.status.running], ["tcp:default", true]);
  });
});

test("printed HOCON reads back as it was", () => {
  const config = { a: { "b c": ["x", 1, true, null], d: "1m", e: "true" }, f: { g: {} } };
  assert.deepEqual(parseHocon(hoconText(config)), config);
});
