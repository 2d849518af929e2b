import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { versionOfImage } from "../../../sandbox/emqx/image";
import { faultsFromEnv } from "../../../sandbox/emqx/settings/faults";
import { HoconError, parseHocon, parseHoconValue } from "../../../sandbox/emqx/settings/hocon";
import { readSettings } from "../../../sandbox/emqx/settings/settings";

describe("HOCON", () => {
  test("reads objects, dotted keys, arrays, strings, comments and JSON", () => {
    const text = `
      # a comment
      node { name = "emqx@127.0.0.1", cookie = secret } // another
      dashboard.listeners.http.bind = 18083
      dashboard { listeners.http.enable : true }
      mqtt.session_expiry_interval = 2h
      log.text = """several
words"""
      seeds = [emqx@a, "emqx@b"
        3]
      listeners.tcp.default { bind = "0.0.0.0:1883" }`;
    assert.deepEqual(parseHocon(text), {
      node: { name: "emqx@127.0.0.1", cookie: "secret" },
      dashboard: { listeners: { http: { bind: 18083, enable: true } } },
      mqtt: { session_expiry_interval: "2h" },
      log: { text: "several\nwords" },
      seeds: ["emqx@a", "emqx@b", 3],
      listeners: { tcp: { default: { bind: "0.0.0.0:1883" } } },
    });
    const json = { a: { b: [1, "x", null, true] } };
    assert.deepEqual(parseHocon(JSON.stringify(json)), json);
  });

  test("a later object adds to an earlier one, a later value replaces it", () => {
    assert.deepEqual(parseHocon("a { x = 1, y = 2 }\na { y = 3 }\nb = 1\nb = 2"), {
      a: { x: 1, y: 3 },
      b: 2,
    });
  });

  test("an error names its line", () => {
    assert.throws(
      () => parseHocon("a = 1\nb = {\nc = 2"),
      (error) => error instanceof HoconError && error.line === 3,
    );
    assert.throws(() => parseHocon("a = "), HoconError);
    assert.throws(() => parseHocon("= 1"), HoconError);
  });

  test("a value of an environment variable may be quoted, bare or an array", () => {
    assert.equal(parseHoconValue('"/opt/emqx/data/keys"'), "/opt/emqx/data/keys");
    assert.equal(parseHoconValue("1m"), "1m");
    assert.equal(parseHoconValue("false"), false);
    assert.deepEqual(parseHoconValue("[emqx@a,emqx@b]"), ["emqx@a", "emqx@b"]);
    // Unquoted, the rest is a comment: a well-known trap for passwords.
    assert.equal(parseHoconValue("abc#def"), "abc");
    assert.equal(parseHoconValue('"abc#def"'), "abc#def");
  });
});

describe("a node's settings", () => {
  const root = mkdtempSync(join(tmpdir(), "emqx-settings-"));
  mkdirSync(join(root, "opt/emqx/etc"), { recursive: true });
  mkdirSync(join(root, "opt/emqx/data/configs"), { recursive: true });
  after(() => rmSync(root, { recursive: true, force: true }));
  const base = { SANDBOX_ROOT: root, SANDBOX_POD_IP: "10.88.0.7", SANDBOX_ADDRESS: "127.88.0.7" };

  test("come from base.hocon, cluster.hocon, emqx.conf and env, the last one winning", () => {
    writeFileSync(join(root, "opt/emqx/etc/base.hocon"), "mqtt { max_inflight = 1 }");
    writeFileSync(join(root, "opt/emqx/data/configs/cluster.hocon"), "mqtt.max_mqueue_len = 2");
    const conf = "mqtt { max_inflight = 3, max_mqueue_len = 4 }\nlisteners.tcp.default.bind = 1999";
    writeFileSync(join(root, "opt/emqx/etc/emqx.conf"), conf);
    const settings = readSettings({
      ...base,
      EMQX_MQTT__MAX_MQUEUE_LEN: "5",
      EMQX_DASHBOARD__LISTENERS__HTTP__BIND: "0.0.0.0:18999",
      EMQX_LISTENERS__WS__DEFAULT__ENABLE: "false",
    });
    assert.equal(settings.mqtt.maxInflight, 3);
    assert.equal(settings.mqtt.maxQueue, 5);
    const { tcp, ws, dashboard } = settings.ports;
    assert.deepEqual([tcp, ws, dashboard], [1999, undefined, 18999]);
  });

  test("the node's name comes from its own variable, else from name and host", () => {
    const name = (env: Record<string, string>): string => readSettings({ ...base, ...env }).name;
    assert.equal(name({}), "emqx@10.88.0.7");
    assert.equal(name({ EMQX_HOST: "pod-0.h.ns.svc" }), "emqx@pod-0.h.ns.svc");
    assert.equal(name({ EMQX_HOST: "h", EMQX_NAME: "green" }), "green@h");
    assert.equal(name({ EMQX_NODE__NAME: "emqx@x", EMQX_HOST: "h" }), "emqx@x");
    assert.equal(name({ EMQX_NODE_NAME: "emqx@y", EMQX_NODE__NAME: "emqx@x" }), "emqx@y");
    assert.throws(() => name({ EMQX_NODE_NAME: "nonsense" }), /Invalid node name/);
  });

  test("paths of the container lie under its root", () => {
    const settings = readSettings({
      ...base,
      EMQX_API_KEY__BOOTSTRAP_FILE: '"/opt/emqx/data/bootstrap_api_key"',
    });
    assert.equal(settings.bootstrapFile, join(root, "opt/emqx/data/bootstrap_api_key"));
    assert.equal(settings.dataDir, join(root, "opt/emqx/data"));
  });

  test("a broken emqx.conf stops the boot with file and line", () => {
    const broken = mkdtempSync(join(tmpdir(), "emqx-broken-"));
    mkdirSync(join(broken, "opt/emqx/etc"), { recursive: true });
    writeFileSync(join(broken, "opt/emqx/etc/emqx.conf"), "mqtt {\n");
    assert.throws(() => readSettings({ SANDBOX_ROOT: broken }), /emqx\.conf: line 2/);
    rmSync(broken, { recursive: true });
  });

  test("images of 4.x and without a version are refused with a way out", () => {
    assert.equal(versionOfImage("registry:5000/emqx/emqx:6.1.0").text, "6.1.0");
    assert.equal(versionOfImage("emqx/emqx-enterprise:5.4.1").edition, "ee");
    assert.equal(versionOfImage("emqx/emqx:5.8.9").edition, "ce");
    assert.equal(versionOfImage("emqx/emqx:6.3.0-beta.2").minor, 3);
    assert.throws(() => versionOfImage("emqx/emqx-ee:4.4.19"), /SANDBOX_EMQX/);
    assert.throws(() => versionOfImage("emqx/emqx:latest"), /X\.Y\.Z/);
  });

  test("an unknown fault is refused with the known ones", () => {
    assert.deepEqual([...faultsFromEnv("second-cut, refuse-join")], ["second-cut", "refuse-join"]);
    assert.throws(() => faultsFromEnv("typo"), /lossy-takeover.*got "typo"/);
  });
});
