import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { versionOfImage } from "../../../sandbox/emqx/image";
import {
  isExpired,
  isOverdue,
  mintLicense,
  readLicense,
  sessionLimit,
} from "../../../sandbox/emqx/license";
import type { ApiAnswer } from "./fixture";
import { Fixture, until } from "./fixture";
import { connectHex, Wire } from "./wire";

const NEWEST = versionOfImage("emqx/emqx:6.1.0");

describe("licence keys", () => {
  test("a minted key carries its terms and a changed one is refused", () => {
    const key = mintLicense({ maxSessions: 500, expiresInDays: 10 });
    const license = readLicense(key, NEWEST);
    assert.equal(license?.type, "official");
    assert.equal(license && sessionLimit(license), 550);
    assert.equal(license && isExpired(license), false);
    const [payload, signature] = key.split(".");
    const more = Buffer.from(
      Buffer.from(payload ?? "", "base64")
        .toString()
        .replace("500", "900"),
    ).toString("base64");
    assert.equal(readLicense(`${more}.${signature}`, NEWEST), undefined);
    assert.equal(readLicense("nonsense", NEWEST), undefined);
  });

  test("the default key is single-node from 5.9 on and a trial before", () => {
    assert.equal(readLicense("default", NEWEST)?.type, "community");
    const older = versionOfImage("emqx/emqx-enterprise:5.8.9");
    assert.equal(readLicense("default", older)?.type, "trial");
    assert.equal(readLicense("evaluation", NEWEST)?.maxSessions, 25);
  });

  test("a payload has the lines that EMQX's parser reads", () => {
    const key = mintLicense({ maxSessions: 70, expiresInDays: 5, type: "trial", customerType: 10 });
    const lines = Buffer.from(key.split(".")[0] ?? "", "base64")
      .toString()
      .split("\n");
    assert.equal(lines.length, 9);
    const [format, type, customerType, , , , start, days, sessions] = lines;
    assert.deepEqual([format, type, customerType, sessions], ["220111", "0", "10", "70"]);
    assert.match(start ?? "", /^20\d{6}$/);
    assert.equal(days, "370");
    assert.deepEqual(
      readLicense(`${key.slice(0, 60)}\n  ${key.slice(60)}\n`, NEWEST)?.type,
      "trial",
    );
  });

  test("only trials and, after a grace, small customers are turned away when it has expired", () => {
    const overdue = (expiresInDays: number, terms: object, version = NEWEST): boolean => {
      const license = readLicense(
        mintLicense({ maxSessions: 5, expiresInDays, ...terms }),
        version,
      );
      assert.ok(license);
      return isOverdue(license, version);
    };
    assert.equal(overdue(-400, {}), false);
    assert.equal(overdue(-2, { type: "trial" }), true);
    assert.equal(overdue(1, { type: "trial" }), false);
    assert.equal(overdue(-20, { customerType: 0 }), false);
    assert.equal(overdue(-100, { customerType: 0 }), true);
    assert.equal(overdue(-20, { customerType: 0 }, versionOfImage("emqx/emqx:6.2.2")), true);
  });

  test("an expired key is known as such", () => {
    const license = readLicense(mintLicense({ maxSessions: 5, expiresInDays: -2 }), NEWEST);
    assert.equal(license && isExpired(license), true);
  });
});

describe("the single-node licence", () => {
  test("ends the second node of a cluster, again after its restart", async () => {
    const fixture = await Fixture.start({ nodes: 1, env: { EMQX_LICENSE__KEY: "default" } });
    try {
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const node = fixture.launch(1);
        assert.equal(await node.exited, 1);
        assert.match(node.output(), /SINGLE_NODE_LICENSE/);
      }
      await until("it to be seen as stopped", async () => {
        const view = await fixture.view(0);
        return Object.values(view ?? {}).join() === "running,stopped";
      });
    } finally {
      await fixture.stop();
    }
  });

  test("does not hinder two nodes of 5.8", async () => {
    const fixture = await Fixture.start({
      nodes: 2,
      image: "emqx/emqx-enterprise:5.8.9",
      env: { EMQX_LICENSE__KEY: "default" },
    });
    await fixture.stop();
  });

  test("a key that is not one stops the boot", async () => {
    const fixture = new Fixture({ env: { EMQX_LICENSE__KEY: "bad" } });
    try {
      const node = fixture.launch(0);
      assert.equal(await node.exited, 1);
      assert.match(node.output(), /bad license key/);
    } finally {
      await fixture.stop();
    }
  });
});

describe("the evaluation licence", () => {
  let fixture: Fixture;
  const wires: Wire[] = [];

  before(async () => {
    fixture = await Fixture.start({ nodes: 2, env: { EMQX_LICENSE__KEY: "evaluation" } });
  });

  after(async () => {
    for (const wire of wires) wire.end();
    await fixture.stop();
  });

  test("refuses session 26 of the cluster with 0x97, MQTT 3 with code 3, but not a known client", async () => {
    for (let n = 0; n < 25; n += 1) {
      const wire = await Wire.open(fixture.address(n % 2));
      wires.push(wire);
      wire.send(connectHex(`c${n}`, { clean: n !== 0 }));
      await wire.expect("20020000");
    }
    await until("both nodes to know all", async () => {
      const { json } = await fixture.api(1, "GET", "/api/v5/nodes");
      return (json as { cluster_sessions: number }[]).every((row) => row.cluster_sessions === 25);
    });
    const five = await Wire.open(fixture.address(1));
    five.send(connectHex("one-more", { version: 5 }));
    await five.expect("2003009700");
    await five.expectClose();
    const three = await Wire.open(fixture.address(0));
    three.send(connectHex("one-more"));
    await three.expect("20020003");
    await three.expectClose();
    const known = await Wire.open(fixture.address(1));
    wires.push(known);
    known.send(connectHex("c0", { clean: false }));
    await known.expect("20020100");
  });

  test("is replaced through the API on all nodes at once, if the new one is good", async () => {
    const post = (key: string): Promise<ApiAnswer> =>
      fixture.api(0, "POST", "/api/v5/license", { body: { key } });
    const bad = await post("nonsense");
    assert.deepEqual(
      [bad.status, bad.body],
      [400, '{"code":"BAD_REQUEST","message":"Bad license key, see logs for more details"}'],
    );
    const single = await post("default");
    assert.deepEqual(
      [single.status, single.body],
      [400, '{"code":"BAD_REQUEST","message":"SINGLE_NODE_LICENSE"}'],
    );
    const { json } = await fixture.api(1, "GET", "/api/v5/license");
    assert.deepEqual(json, {
      ...{ customer: "Evaluation", customer_type: 10, deployment: "trial" },
      ...{ email: "contact@emqx.io", expiry: false, expiry_at: "2029-03-01" },
      ...{ max_connections: 25, max_sessions: 25, max_tps: "infinity" },
      ...{ start_at: "2025-03-02", type: "trial" },
    });

    const good = await post(mintLicense({ maxSessions: 26, expiresInDays: 40 }));
    assert.equal(good.status, 200);
    assert.equal((good.json as { max_sessions: number }).max_sessions, 26);
    const other = await fixture.api(1, "GET", "/api/v5/license");
    assert.deepEqual(other.json, good.json);
    // 26 and a tenth: 29 sessions, of which 25 are there.
    for (let n = 25; n < 29; n += 1) {
      const wire = await Wire.open(fixture.address(n % 2));
      wires.push(wire);
      wire.send(connectHex(`c${n}`));
      await wire.expect("20020000");
    }
    await until("both nodes to know all", async () => {
      const rows = (await fixture.api(0, "GET", "/api/v5/nodes")).json;
      return (rows as { cluster_sessions: number }[]).every((row) => row.cluster_sessions === 29);
    });
    const over = await Wire.open(fixture.address(1));
    over.send(connectHex("over", { version: 5 }));
    await over.expect("2003009700");
  });

  test("an expired trial turns everybody away, also a client that has a session", async () => {
    const key = mintLicense({ maxSessions: 900, expiresInDays: -2, type: "trial" });
    const answer = await fixture.api(1, "POST", "/api/v5/license", { body: { key } });
    assert.equal((answer.json as { expiry: boolean }).expiry, true);
    const known = await Wire.open(fixture.address(0));
    known.send(connectHex("c0", { clean: false }));
    await known.expect("20020003");
  });
});

test("a licence may be a file that the setting names", async () => {
  const fixture = new Fixture({ env: { EMQX_LICENSE__KEY: '"file:///opt/emqx/data/key"' } });
  try {
    const folder = join(fixture.rootOf(0), "opt/emqx/data");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "key"), `${mintLicense({ maxSessions: 77, expiresInDays: 40 })}\n`);
    fixture.launch(0);
    await fixture.waitClustered(1);
    const { json } = await fixture.api(0, "GET", "/api/v5/license");
    assert.equal((json as { max_sessions: number }).max_sessions, 77);
  } finally {
    await fixture.stop();
  }
});
