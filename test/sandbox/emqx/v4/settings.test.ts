import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Autoclean } from "../../../../sandbox/emqx/v4/autoclean";
import { v4VersionOfImage } from "../../../../sandbox/emqx/v4/image";
import { uptimeText } from "../../../../sandbox/emqx/v4/report";
import { startBodyProblem } from "../../../../sandbox/emqx/v4/rest/start-body";
import type { V4Settings } from "../../../../sandbox/emqx/v4/settings";
import { readV4Settings } from "../../../../sandbox/emqx/v4/settings";

const read = (env: Record<string, string>): V4Settings => {
  const settings = readV4Settings({
    SANDBOX_IMAGE: "emqx/emqx-ee:4.4.14",
    SANDBOX_ROOT: "/root-of-the-pod",
    SANDBOX_POD_IP: "10.88.1.2",
    ...env,
  });
  assert.ok(settings);
  return settings;
};

describe("the image of 4.4", () => {
  test("is known by its repository and its tag", () => {
    const version = { text: "4.4.14", major: 4, minor: 4, patch: 14, edition: "ee" };
    for (const image of [
      "emqx/emqx-ee:4.4.14",
      "docker.io/emqx/emqx-ee:4.4.14",
      "registry.example:5000/mirror/emqx/emqx-ee:4.4.14-alpine",
      "emqx/emqx-ee:4.4.14@sha256:abc",
    ]) {
      assert.deepEqual(v4VersionOfImage(image), version, image);
    }
    for (const image of ["emqx/emqx:5.8.6", "emqx/emqx-enterprise:5.8.6", "emqx:5", "other-ee:1"]) {
      assert.equal(v4VersionOfImage(image), undefined, image);
    }
    for (const image of ["emqx/emqx-ee:4.3.22", "emqx/emqx-ee:latest", "emqx/emqx-ee"]) {
      assert.throws(() => v4VersionOfImage(image), /serves 4\.4\.x, got "emqx\/emqx-ee/);
    }
  });
});

describe("the settings of 4.4", () => {
  test("have the defaults of 4.4", () => {
    const settings = read({});
    assert.equal(settings.name, "emqx@10.88.1.2");
    assert.deepEqual(settings.ports, { tcp: 1883, ws: 8083, dashboard: 18083, cluster: 4370 });
    assert.equal(settings.managementPort, 8081);
    assert.deepEqual(settings.defaultApp, { id: "admin", secret: "public" });
    assert.deepEqual(settings.dashboardUser, { username: "admin", password: "public" });
    assert.deepEqual(settings.license, {
      path: "/root-of-the-pod/opt/emqx/etc/emqx.lic",
      required: false,
    });
    assert.deepEqual(settings.discovery, { strategy: "manual" });
    assert.equal(settings.autocleanMs, 300_000);
    assert.equal(settings.mqtt.sessionExpiryMs, 7_200_000);
  });

  test("come from the env by their dotted names, as plain text", () => {
    const settings = read({
      EMQX_NAME: "emqx-ee",
      EMQX_HOST: "pod-0.headless",
      EMQX_NODE__COOKIE: "a#b=c",
      EMQX_LICENSE__FILE: "/mounted/license/emqx.lic",
      EMQX_CLUSTER__DISCOVERY: "dns",
      EMQX_CLUSTER__DNS__TYPE: "srv",
      EMQX_CLUSTER__DNS__NAME: "headless",
      EMQX_CLUSTER__DNS__APP: "emqx-ee",
      EMQX_CLUSTER__AUTOCLEAN: "1m",
      EMQX_LISTENER__TCP__EXTERNAL: "0.0.0.0:11883",
      EMQX_ZONE__EXTERNAL__SESSION_EXPIRY_INTERVAL: "1h",
      EMQX_ZONE__EXTERNAL__MAX_MQUEUE_LEN: "7",
      EMQX_MQTT__MAX_PACKET_SIZE: "2MB",
    });
    assert.equal(settings.name, "emqx-ee@pod-0.headless");
    assert.equal(settings.cookie, "a#b=c");
    assert.deepEqual(settings.license, {
      path: "/root-of-the-pod/mounted/license/emqx.lic",
      required: true,
    });
    assert.deepEqual(settings.discovery, {
      ...{ strategy: "dns", name: "headless", recordType: "srv", app: "emqx-ee" },
    });
    assert.equal(settings.autocleanMs, 60_000);
    assert.equal(settings.ports.tcp, 11883);
    assert.equal(settings.mqtt.sessionExpiryMs, 3_600_000);
    assert.equal(settings.mqtt.maxQueue, 7);
    assert.equal(settings.mqtt.maxPacketSize, 2_097_152);
  });

  test("without cluster.dns.app other nodes are looked for under a name that nobody has", () => {
    const { discovery } = read({ EMQX_CLUSTER__DISCOVERY: "dns", EMQX_CLUSTER__DNS__NAME: "h" });
    assert.deepEqual(discovery, {
      ...{ strategy: "dns", name: "h", recordType: "a", app: "undefined" },
    });
  });

  test("an empty value takes a listener away, a wrong one is named", () => {
    assert.equal(read({ EMQX_LISTENER__TCP__EXTERNAL: "" }).ports.tcp, undefined);
    assert.equal(read({ EMQX_MANAGEMENT__LISTENER__HTTP: "" }).managementPort, undefined);
    assert.equal(read({ EMQX_CLUSTER__AUTOCLEAN: "off" }).autocleanMs, undefined);
    const wrong: [name: string, value: string, message: RegExp][] = [
      ["EMQX_LISTENER__TCP__EXTERNAL", "many", /listener\.tcp\.external.*got "many"/],
      ["EMQX_MANAGEMENT__LISTENER__HTTP", "70000", /management\.listener\.http.*got "70000"/],
      ["EMQX_ZONE__EXTERNAL__MAX_INFLIGHT", "x", /zone\.external\.max_inflight.*got "x"/],
      ["EMQX_CLUSTER__AUTOCLEAN", "soon", /cluster\.autoclean.*got "soon"/],
      ["EMQX_CLUSTER__DISCOVERY", "carrier", /cluster\.discovery.*got "carrier"/],
      ["EMQX_HOST", "two words", /Invalid node name: emqx@two words/],
    ];
    for (const [name, value, message] of wrong) {
      assert.throws(() => read({ [name]: value }), message, name);
    }
  });
});

test("what is set but not in force is told when the node boots", () => {
  assert.deepEqual(read({ EMQX_ALLOW_ANONYMOUS: "true" }).notices, []);
  const { notices } = read({ EMQX_ALLOW_ANONYMOUS: "false", EMQX_ACL_FILE: "/mounted/acl.conf" });
  assert.match(
    notices.join("\n"),
    /acl_file \/mounted\/acl\.conf: enoent[^]*allow_anonymous = false/,
  );
});

describe("the body that starts an evacuation in 4.4", () => {
  test("may be empty or have 4.4's fields", () => {
    assert.equal(startBodyProblem({}), undefined);
    const body = {
      ...{ conn_evict_rate: 1, sess_evict_rate: 200, wait_takeover: 0 },
      ...{ migrate_to: ["ee@a", "ee@b"], redirect_to: "host:1883" },
    };
    assert.equal(startBodyProblem(body), undefined);
  });

  test("is refused with texts for numbers, fields of 5.x and anything else", () => {
    const cases: [body: unknown, problem: RegExp][] = [
      [{ wait_takeover: "10s" }, /wait_takeover: expected an integer.*"10s"/],
      [{ wait_takeover: -1 }, /wait_takeover/],
      [{ conn_evict_rate: "10" }, /conn_evict_rate/],
      [{ sess_evict_rate: 0 }, /sess_evict_rate/],
      [{ sess_evict_rate: 1.5 }, /sess_evict_rate/],
      [{ wait_health_check: 0 }, /unknown field wait_health_check/],
      [{ migrate_to: [] }, /migrate_to/],
      [{ migrate_to: "ee@a" }, /migrate_to/],
      [[], /JSON object/],
      [null, /JSON object/],
    ];
    for (const [body, problem] of cases) {
      assert.match(startBodyProblem(body) ?? "", problem, JSON.stringify(body));
    }
  });
});

describe("autoclean", () => {
  const cluster = () => {
    const rows = [
      { name: "ee@a", address: "", role: "core" as const, release: "4.4.14", running: true },
      { name: "ee@b", address: "", role: "core" as const, release: "4.4.14", running: false },
    ];
    const forgotten: string[] = [];
    const told: unknown[] = [];
    const members = {
      all: () => rows,
      remove: (name: string) => void forgotten.push(name),
      broadcast: (...message: unknown[]) => void told.push(message),
    };
    return { rows, forgotten, told, members };
  };

  test("forgets a node that has been stopped for the whole time, and tells the others", () => {
    const { members, forgotten, told } = cluster();
    const autoclean = new Autoclean(members, 5000);
    for (const now of [0, 2500, 4999]) autoclean.look(now);
    assert.deepEqual(forgotten, []);
    autoclean.look(5000);
    assert.deepEqual([forgotten, told], [["ee@b"], [["forget", "ee@b"]]]);
  });

  test("counts anew when the node came back meanwhile, and never ends when it is off", () => {
    const { members, rows, forgotten } = cluster();
    const autoclean = new Autoclean(members, 5000);
    const stopped = rows[1];
    assert.ok(stopped);
    autoclean.look(0);
    stopped.running = true;
    autoclean.look(3000);
    stopped.running = false;
    for (const now of [4000, 8999]) autoclean.look(now);
    assert.deepEqual(forgotten, []);
    autoclean.look(9000);
    assert.deepEqual(forgotten, ["ee@b"]);
    const off = cluster();
    const never = new Autoclean(off.members, undefined);
    for (const now of [0, 1e9]) never.look(now);
    assert.deepEqual(off.forgotten, []);
  });
});

test("the uptime is written in words", () => {
  assert.equal(uptimeText(400), "0 seconds");
  assert.equal(uptimeText(7_000), "7 seconds");
  assert.equal(uptimeText(3_600_000), "1 hours, 0 minutes, 0 seconds");
  assert.equal(uptimeText(90_061_000), "1 days, 1 hours, 1 minutes, 1 seconds");
});
