import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import type { FleetFigures } from "../../sandbox/load/figures";
import { writesSince } from "../../sandbox/measure/audit";
import { readEndState } from "../../sandbox/measure/emqx-api";
import { Observer } from "../../sandbox/measure/observer";
import { estimateOf, resourceCounts } from "../../sandbox/pulumi-cli";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually, isReady, REVISION, ROLLOUT } from "./support/cluster";
import { assertGraceful } from "./support/graceful";

// The repository's own program under the real CLI; the tests are one story in order.
const CLIENTS = 200;
const OFFLINE = 20;
let bench: Bench;
let scenario: Scenario;
/** What the namespace holds before anything of ours. */
let untouched: string[];

before(async () => {
  bench = await Bench.open();
  untouched = await eventually(
    () => bench.everythingIn("default"),
    (names) =>
      names.includes("configmaps/kube-root-ca.crt") && names.includes("serviceaccounts/default"),
  );
  scenario = await bench.scenario("lifecycle");
});
after(() => bench?.close());

test("the first deployment ends when all nodes are Ready and clustered", async () => {
  await scenario.stack.up();

  const revision = await assertServes(3);
  const outputs = await scenario.stack.outputs();
  assert.equal(outputs.currentRevision, revision);
  assert.equal((outputs.lastRollout as { verdict?: string }).verdict, "succeeded");
  assert.equal(outputs.adminPassword, "[secret]");
});

test("an upgrade to another image is told by the preview and kept from the clients", async () => {
  const [blue] = await setNames();
  await scenario.setImage("emqx/emqx:6.1.0");
  const { output } = await scenario.stack.preview();
  assert.match(output, /image: emqx\/emqx:6\.0\.1 -> emqx\/emqx:6\.1\.0 \(blue-green/);
  const plan = /plan: blue-green from (\S+) to (\S+)/.exec(output);
  assert.equal(plan?.[1], blue);
  assert.ok((estimateOf(output) ?? 0) > 0, output);
  assert.deepEqual(await setNames(), [blue], "a preview changes nothing");

  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();

  assertGraceful(report);
  assert.deepEqual(report.sets, { blue, green: plan?.[2] });
  assert.deepEqual([...new Set(report.clusterNodes.map(({ version }) => version))], ["6.1.0"]);
  await assertServes(3);
});

test("`pulumi up` without a change writes nothing", async () => {
  const { auditLog } = bench.sandbox;
  assert.ok(writesSince(auditLog, 0, ROLLOUT).length > 0, "the audit log shows the rollout");
  const pods = (await bench.pods(scenario.watched)).map(({ metadata }) => metadata.uid).sort();
  const since = Date.now();

  const { output } = await scenario.stack.up();

  const counts = resourceCounts(output);
  assert.ok(counts.same > 0, output);
  assert.deepEqual(
    { ...counts, same: 0 },
    { create: 0, update: 0, delete: 0, replace: 0, same: 0 },
  );
  assert.deepEqual(writesSince(auditLog, since, ROLLOUT), []);
  const now = (await bench.pods(scenario.watched)).map(({ metadata }) => metadata.uid).sort();
  assert.deepEqual(now, pods);
});

test("replicas scale out and in on the same set, without loss", async () => {
  const sets = await setNames();
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  const observer = await Observer.start(scenario.watched);
  const scale = async (replicas: number): Promise<number> => {
    const startedAt = Date.now();
    await scenario.stack.set("replicas", String(replicas));
    await scenario.stack.up();
    await assertServes(replicas);
    return startedAt;
  };
  const out = await scale(4);
  const scaleIn = await scale(2);
  const figures = await fleet.settle();
  await fleet.stop();
  observer.stop();

  assert.equal(figures.sessionsLost, 0);
  assert.equal(figures.messages.lost, 0);
  assert.ok(figures.sessionsExpected > 0 && figures.messages.published > 0);
  assert.equal(mostDisconnects(figures, out, scaleIn), 0, "scaling out disconnects nobody");
  assert.equal(mostDisconnects(figures, scaleIn, Infinity), 1, "scaling in moves clients once");
  assert.deepEqual(await setNames(), sets);
  assert.equal(observer.log.objects.filter(({ kind }) => kind === "StatefulSet").length, 1);
  assert.equal(observer.log.selections.length, 1, "the Service's selector stays");
  const endpoints = (from: number, to: number) =>
    observer.log.endpoints.filter(({ t }) => t >= from && t < to).map(({ pods }) => pods.length);
  assert.ok(Math.min(...endpoints(out, scaleIn)) >= 3);
  assert.ok(Math.min(...endpoints(scaleIn, Infinity)) >= 2);
});

test("destroy leaves nothing of ours in the namespace", async () => {
  await scenario.stack.destroy();

  const left = await eventually(
    () => bench.everythingIn("default"),
    (names) => names.join() === untouched.join(),
  );
  assert.deepEqual(left, untouched);
  // The CLI refuses to forget a stack that still has resources.
  await scenario.stack.remove();
});

/** The cluster as the API server and every node of it show it; returns its revision. */
async function assertServes(replicas: number): Promise<string> {
  const { watched } = scenario;
  const [set, ...others] = await bench.sets(watched);
  assert.deepEqual(others, []);
  const revision = set?.metadata.labels?.[REVISION] ?? "";
  assert.match(revision, /^\w+$/);
  assert.equal(set?.spec.replicas, replicas);
  const pods = await bench.pods(watched);
  assert.deepEqual(
    pods.map((pod) => `${pod.metadata.name} ${isReady(pod) ? "Ready" : "not Ready"}`).sort(),
    Array.from({ length: replicas }, (_, ordinal) => `${set?.metadata.name}-${ordinal} Ready`),
  );
  for (const service of ["listeners", "dashboard"]) {
    const { spec } = await bench.service(watched, service);
    assert.equal(spec.selector?.[REVISION], revision, `selector of ${service}`);
  }
  const end = await readEndState(watched, revision);
  assert.deepEqual(end.evacuationsLeft, []);
  assert.deepEqual(end.objectsLeft, []);
  for (const pod of pods) {
    const nodes = await bench.nodesSeenBy(watched, pod);
    assert.deepEqual(
      nodes.map(({ node, node_status }) => `${node} ${node_status}`).sort(),
      end.expectedNodes.map((node) => `${node} running`).sort(),
      `/api/v5/nodes of ${pod.metadata.name}`,
    );
  }
  return revision;
}

function mostDisconnects({ disconnects }: FleetFigures, from: number, to: number): number {
  const counts = new Map<number, number>();
  for (const [t, , client] of disconnects) {
    if (t >= from && t < to) counts.set(client, (counts.get(client) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

async function setNames(): Promise<string[]> {
  return (await bench.sets(scenario.watched)).map(({ metadata }) => metadata.name);
}
