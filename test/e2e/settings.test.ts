import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { mintLicense } from "../../sandbox/emqx/license";
import { writesSince } from "../../sandbox/measure/audit";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually, isReady, ROLLOUT } from "./support/cluster";
import { assertGraceful, show } from "./support/graceful";

// What running nodes take without a new pod: hot configuration and the licence.
const CLIENTS = 100;
const OFFLINE = 10;
let bench: Bench;
let scenario: Scenario;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("settings", { replicas: 2 });
  await scenario.stack.up();
});
after(() => bench?.close());

const mqtt = (max_packet_size: unknown, more: object = {}) => ({
  config: { roots: { mqtt: { max_packet_size, ...more } } },
});

test("the first hot root is told as such, reaches every node, and touches no pod", async () => {
  const pods = await fingerprint();
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  await scenario.setSpec(mqtt("2MB"));
  const { output } = await scenario.stack.preview();
  assert.match(output, /mqtt\.max_packet_size.*\(hot/);
  await scenario.stack.up();
  const figures = await fleet.settle();
  await fleet.stop();

  assert.deepEqual(figures.disconnects, []);
  assert.deepEqual(await fingerprint(), pods);
  assert.deepEqual(await everywhere("max_packet_size"), ["2MB", "2MB"]);
  await assertNothingToDo();
});

test("a pod that is created later has it too", async () => {
  const [victim] = await bench.pods(scenario.watched);
  const { name, namespace, uid } = victim?.metadata ?? {};
  await bench.api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`);
  const pods = await eventually(
    () => bench.pods(scenario.watched),
    (all) => all.length === 2 && all.every((pod) => isReady(pod) && pod.metadata.uid !== uid),
  );
  assert.ok(pods.every(isReady));
  assert.deepEqual(await everywhere("max_packet_size"), ["2MB", "2MB"]);
});

test("what EMQX rejects is shown with its path, stored nowhere, and corrected by the next up", async () => {
  const before = await configMaps();
  await scenario.setSpec(mqtt("3MB", { max_clientid_len: 5 }));
  const { code, output } = await scenario.stack.startUp().result;

  assert.notEqual(code, 0, output);
  assert.match(output, /EMQX_CONFIG_REJECTED/);
  assert.match(output, /mqtt\.max_clientid_len/);
  assert.deepEqual(await configMaps(), before);
  assert.deepEqual(await everywhere("max_packet_size"), ["2MB", "2MB"]);

  await scenario.setSpec(mqtt("3MB"));
  await scenario.stack.up();
  assert.deepEqual(await everywhere("max_packet_size"), ["3MB", "3MB"]);
});

test("a hot change and another image in one up: one graceful upgrade, and both are there", async (t) => {
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  await scenario.setSpec(mqtt("4MB"));
  await scenario.setImage("emqx/emqx:6.1.0");
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();

  show(t, report);
  assertGraceful(report);
  assert.deepEqual(await everywhere("max_packet_size"), ["4MB", "4MB"]);
});

test("a root that needs a restart is told as blue-green", async () => {
  await scenario.setSpec({
    config: { roots: { ...mqtt("4MB").config.roots, node: { max_ports: 2048 } } },
  });
  const { output } = await scenario.stack.preview();
  assert.match(output, /config\.roots\.node.*\(blue-green/);
  await scenario.setSpec(mqtt("4MB"));
});

test("drift made in the dashboard is shown by refresh, and set back only with a word", async () => {
  const [pod] = await bench.pods(scenario.watched);
  assert.ok(pod);
  await bench.emqx(scenario.watched, pod, "/configs?mode=merge", {
    method: "PUT",
    headers: { "content-type": "text/plain" },
    body: "mqtt { max_packet_size = 9MB }",
  });
  assert.deepEqual(await everywhere("max_packet_size"), ["9MB", "9MB"]);
  const refreshed = await scenario.stack.refresh();
  assert.match(refreshed.output, /mqtt\.max_packet_size is 9MB in EMQX, declared 4MB/);
  assert.deepEqual(await everywhere("max_packet_size"), ["9MB", "9MB"]);

  const { output } = await scenario.stack.preview();
  assert.match(output, /mqtt\.max_packet_size.*9MB.*4MB/s);
  await scenario.stack.up();
  assert.deepEqual(await everywhere("max_packet_size"), ["4MB", "4MB"]);
});

test("a new licence is taken by the running nodes, and an expired one is refused with its date", async () => {
  const pods = await fingerprint();
  await scenario.stack.setSecret("license", mintLicense({ maxSessions: 777, expiresInDays: 30 }));
  const { output } = await scenario.stack.preview();
  assert.match(output, /license.*no new pod/);
  await scenario.stack.up();
  assert.deepEqual(await fingerprint(), pods);
  for (const pod of await bench.pods(scenario.watched)) {
    const license = (await bench.emqx(scenario.watched, pod, "/license")) as {
      max_sessions: number;
    };
    assert.equal(license.max_sessions, 777);
  }
  await assertNothingToDo();

  const since = Date.now();
  await scenario.stack.setSecret("license", mintLicense({ maxSessions: 777, expiresInDays: -1 }));
  const { code, output: refusal } = await scenario.stack.startUp().result;
  assert.notEqual(code, 0, refusal);
  const yesterday = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 7);
  assert.match(refusal, new RegExp(`license.*last day was ${yesterday}`, "s"));
  assert.deepEqual(writesSince(bench.sandbox.auditLog, since, ROLLOUT), []);
});

test("another port of the dashboard is an upgrade like any other, though blue answers on the old one", async () => {
  await scenario.stack.setSecret("license", mintLicense({ maxSessions: 777, expiresInDays: 30 }));
  const dashboard = { listeners: { http: { bind: 18084 } } };
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  await scenario.setSpec({ config: { roots: { ...mqtt("4MB").config.roots, dashboard } } });
  await scenario.stack.up();
  const figures = await fleet.settle();
  await fleet.stop();

  assert.equal(figures.sessionsLost, 0);
  assert.equal(figures.messages.lost, 0);
  const counts = new Map<number, number>();
  for (const [, , client] of figures.disconnects) {
    counts.set(client, (counts.get(client) ?? 0) + 1);
  }
  assert.ok(counts.size > 0);
  assert.equal(Math.max(...counts.values()), 1);
});

/** `mqtt.<key>` as each node has it. */
async function everywhere(key: string): Promise<unknown[]> {
  const pods = await bench.pods(scenario.watched);
  return Promise.all(
    pods.map(async (pod) => {
      const answer = await bench.emqx(scenario.watched, pod, "/configs?key=mqtt");
      const root = answer as { mqtt?: Record<string, unknown> } & Record<string, unknown>;
      return (root.mqtt ?? root)[key];
    }),
  );
}

/** Every pod with the number of its containers' restarts. */
async function fingerprint(): Promise<string[]> {
  const pods = await bench.pods(scenario.watched);
  return pods
    .map(({ metadata, status }) => {
      const restarts = status?.containerStatuses?.map(({ restartCount }) => restartCount);
      return `${metadata.uid} ${restarts?.join()}`;
    })
    .sort();
}

async function configMaps(): Promise<string> {
  const maps = await bench.list("configmaps", scenario.watched);
  const configs = maps.filter(({ metadata }) => metadata.name.startsWith("emqx-config-"));
  return JSON.stringify(
    configs.map((map) => [
      map.metadata.name,
      map.metadata.annotations,
      (map as { data?: unknown }).data,
    ]),
  );
}

async function assertNothingToDo(): Promise<void> {
  const since = Date.now();
  await scenario.stack.up();
  assert.deepEqual(writesSince(bench.sandbox.auditLog, since, ROLLOUT), []);
}
