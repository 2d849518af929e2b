import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestClient } from "./client";
import { Fixture, until } from "./fixture";
import { connectHex, Wire } from "./wire";

describe("MQTT on one node", () => {
  let fixture: Fixture;
  let address: string;

  before(async () => {
    fixture = await Fixture.start({ nodes: 1 });
    address = fixture.address(0);
  });

  after(() => fixture.stop());

  test("answers CONNECT with the bytes of a real node", async () => {
    const answers: [3 | 4 | 5, string][] = [
      [3, "20020000"],
      [4, "20020000"],
      [5, "2016000013270010000021002025012a01290122ffff2801"],
    ];
    for (const [version, answer] of answers) {
      const wire = await Wire.open(address);
      wire.send(connectHex(`hello-${version}`, { version }));
      await wire.expect(answer);
      wire.end();
    }
  });

  test("subscribes, publishes and acknowledges with the bytes of a real node", async () => {
    const wire = await Wire.open(address);
    wire.send(connectHex("bytes-3"));
    await wire.expect("20020000");
    wire.send("82 09 0001 0004 742f6132 01");
    await wire.expect("9003 0001 01");
    wire.send("32 0a 0004 742f6132 0007 6869");
    await until("both packets", () => wire.received.length >= 32);
    assert.ok(wire.received.includes("40020007"), "PUBACK");
    assert.ok(wire.received.includes("320a0004742f613200016869"), "PUBLISH");
    wire.end();

    const five = await Wire.open(address);
    five.send(connectHex("bytes-5", { version: 5 }));
    await five.expect("2016000013270010000021002025012a01290122ffff2801");
    five.send("82 0a 0001 00 0004 742f6135 01");
    await five.expect("9004 0001 00 01");
    five.send("c000");
    await five.expect("d000");
    five.send("32 09 0003 782f79 0009 00 68");
    await five.expect("4004 0009 10 00");
    five.end();
  });

  test("understands packets that arrive byte by byte and two at once", async () => {
    const wire = await Wire.open(address);
    const hex = connectHex("slow-bytes") + "c000";
    for (let at = 0; at < hex.length; at += 2) wire.send(hex.slice(at, at + 2));
    await wire.expect("20020000d000");
    wire.send("c000c000");
    await wire.expect("d000d000");
    wire.end();
  });

  test("refuses unknown protocol versions and closes on garbage", async () => {
    const unknown = await Wire.open(address);
    unknown.send("10 0e 0004 4d515454 09 02 0000 0002 6162");
    await unknown.expect("20020001");
    await unknown.expectClose();
    const garbage = await Wire.open(address);
    garbage.send("8200");
    await garbage.expectClose();
    assert.equal(garbage.received, "");
  });

  test("closes a connection whose packet is too large with reason 0x95", async () => {
    const wire = await Wire.open(address);
    wire.send(connectHex("too-large", { version: 5 }));
    await wire.expect("2016000013270010000021002025012a01290122ffff2801");
    wire.send("30 ffffff7f");
    await wire.expect("e0029500");
    await wire.expectClose();
  });

  test("closes a connection that stays silent beyond its keepalive", async () => {
    const wire = await Wire.open(address);
    wire.send(connectHex("silent", { version: 5, keepalive: 1 }));
    await wire.expect("2016000013270010000021002025012a01290122ffff2801");
    await wire.expect("e0028d00");
    await wire.expectClose();
  });

  test("assigns a client identifier where MQTT asks for it", async () => {
    const client = await TestClient.connect(address, "", { protocolVersion: 5, clean: true });
    await client.end();
    const wire = await Wire.open(address);
    wire.send(connectHex("", { version: 4, clean: false }));
    await wire.expect("20020002");
    await wire.expectClose();
  });

  test("delivers QoS 0, 1 and 2 through wildcards, each message once", async () => {
    const subscriber = await TestClient.connect(address, "qos-sub");
    await subscriber.mqtt.subscribeAsync("q/+/x", { qos: 2 });
    const publisher = await TestClient.connect(address, "qos-pub");
    for (const qos of [0, 1, 2] as const) {
      await publisher.mqtt.publishAsync("q/1/x", `qos${qos}`, { qos });
    }
    await subscriber.expect("qos0", "qos1", "qos2");
    assert.deepEqual(
      subscriber.messages.map((message) => message.packet.qos),
      [0, 1, 2],
    );
    await subscriber.end();
    await publisher.end();
  });

  test("publishes a QoS 2 message once although the publisher repeats it", async () => {
    const subscriber = await TestClient.connect(address, "qos2-sub");
    await subscriber.mqtt.subscribeAsync("r/#", { qos: 1 });
    const wire = await Wire.open(address);
    wire.send(connectHex("qos2-pub"));
    await wire.expect("20020000");
    wire.send("34 08 0003 722f31 0005 61");
    await wire.expect("50020005");
    wire.send("3c 08 0003 722f31 0005 61");
    await wire.expect("50020005");
    wire.send("6202 0005");
    await wire.expect("7002 0005");
    wire.send("34 08 0003 722f31 0005 62");
    await wire.expect("50020005");
    await subscriber.expect("a", "b");
    wire.end();
    await subscriber.end();
  });

  test("keeps messages for an absent persistent client and repeats unacknowledged ones", async () => {
    const wire = await Wire.open(address);
    wire.send(connectHex("keeper", { clean: false }));
    await wire.expect("20020000");
    wire.send("82 08 0001 0003 6b2f31 01");
    await wire.expect("9003 0001 01");
    const publisher = await TestClient.connect(address, "keeper-pub");
    await publisher.mqtt.publishAsync("k/1", "1", { qos: 1 });
    await wire.expect("3208 0003 6b2f31 0001 31");
    wire.end();
    await until("the broker to notice", async () => {
      const { json } = await fixture.api(0, "GET", "/api/v5/clients/keeper");
      return (json as { connected: boolean }).connected === false;
    });
    await publisher.mqtt.publishAsync("k/1", "2", { qos: 1 });
    const again = await Wire.open(address);
    again.send(connectHex("keeper", { clean: false }));
    await again.expect("20020100 3a08 0003 6b2f31 0001 31 3208 0003 6b2f31 0002 32");
    again.end();
    await publisher.end();
  });

  test("forgets the session of a clean client and of one whose expiry has passed", async () => {
    const clean = await TestClient.connect(address, "forgetful");
    await clean.end();
    const back = await TestClient.connect(address, "forgetful", { clean: false });
    assert.equal(back.sessionPresent, false);
    await back.end();
    const options = { protocolVersion: 5, clean: false } as const;
    const brief = { ...options, properties: { sessionExpiryInterval: 1 } };
    const first = await TestClient.connect(address, "brief", brief);
    first.drop();
    await until("the session to expire", async () => {
      const answer = await fixture.api(0, "GET", "/api/v5/clients/brief");
      return answer.status === 404;
    });
    const second = await TestClient.connect(address, "brief", brief);
    assert.equal(second.sessionPresent, false);
    await second.end();
  });

  test("sends retained messages to new subscribers and forgets them on an empty payload", async () => {
    const publisher = await TestClient.connect(address, "ret-pub");
    await publisher.mqtt.publishAsync("ret/1", "kept", { qos: 1, retain: true });
    await publisher.mqtt.publishAsync("ret/2", "gone", { qos: 1, retain: true });
    await publisher.mqtt.publishAsync("ret/2", "", { qos: 1, retain: true });
    const subscriber = await TestClient.connect(address, "ret-sub");
    await subscriber.mqtt.subscribeAsync("ret/+", { qos: 1 });
    await subscriber.expect("kept");
    assert.equal(subscriber.messages[0]?.packet.retain, true);
    await subscriber.end();
    await publisher.end();
  });

  test("publishes a will on a lost connection, none on a goodbye, a delayed one later", async () => {
    const subscriber = await TestClient.connect(address, "will-sub");
    await subscriber.mqtt.subscribeAsync("will/#", { qos: 1 });
    const will = (payload: string): object => ({
      will: { topic: "will/x", payload: Buffer.from(payload), qos: 1, retain: false },
    });
    const polite = await TestClient.connect(address, "polite", will("no"));
    await polite.end();
    const lost = await TestClient.connect(address, "lost", will("now"));
    lost.drop();
    await subscriber.expect("now");
    const delayed = await TestClient.connect(address, "delayed", {
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: 60 },
      will: {
        ...{ topic: "will/x", payload: Buffer.from("later"), qos: 1, retain: false },
        properties: { willDelayInterval: 1 },
      },
    });
    delayed.drop();
    await subscriber.expect("now", "later");
    await subscriber.end();
  });

  test("closes the older of two connections of one client with reason 0x8E", async () => {
    const options = { protocolVersion: 5, properties: { sessionExpiryInterval: 60 } } as const;
    const first = await TestClient.connect(address, "twin", { ...options, clean: false });
    const second = await TestClient.connect(address, "twin", { ...options, clean: false });
    await until("the first to be cut", () => first.closes === 1);
    assert.equal(first.disconnectReason, 0x8e);
    assert.equal(second.sessionPresent, true);
    await second.end();
  });

  test("gives each message to one member of a shared subscription", async () => {
    const members = await Promise.all(
      ["share-1", "share-2"].map((id) => TestClient.connect(address, id, { protocolVersion: 5 })),
    );
    for (const member of members) await member.mqtt.subscribeAsync("$share/g/s/#", { qos: 1 });
    const publisher = await TestClient.connect(address, "share-pub");
    for (let n = 0; n < 10; n += 1) await publisher.mqtt.publishAsync("s/x", `${n}`, { qos: 1 });
    const all = (): string[] => members.flatMap((member) => member.payloads).sort();
    await until("all ten", () => all().length >= 10);
    assert.deepEqual(all(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert.ok(members.every((member) => member.payloads.length === 5));
    for (const client of [...members, publisher]) await client.end();
  });
});
