import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { Observer } from "../../sandbox/measure/observer";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, isReady, REVISION } from "./support/cluster";
import { assertGraceful, show } from "./support/graceful";

// Cores and replicants (document 004), as one story in order.
const CLIENTS = 200;
const OFFLINE = 20;
const ROLE = "app.kubernetes.io/component";
type Role = "core" | "replicant";
let bench: Bench;
let scenario: Scenario;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("replicants", { replicas: 3, replicants: 3 });
});
after(() => bench?.close());

test("cores take the dashboard and replicants the clients", async () => {
  await scenario.stack.up();
  await assertServes(3, 3);
});

test("an image is exchanged in both roles, replicants never without a core of theirs", async (t) => {
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  await scenario.setImage("emqx/emqx:6.1.0");
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();

  show(t, report);
  assertGraceful(report);
  assert.equal(report.roles?.replicantWithoutCore, 0);
  assert.equal(report.roles.dashboardEndpointsCoresOnly, true);
  assert.equal(report.roles.listenerEndpointsReplicantsOnly, true);
  assert.deepEqual([...new Set(report.clusterNodes.map(({ version }) => version))], ["6.1.0"]);
  await assertServes(3, 3);
});

test("a change of replicantTemplate alone leaves the cores alone", async (t) => {
  const cores = await uids("core");
  const replicants = await uids("replicant");
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  await scenario.setSpec({ replicantTemplate: { metadata: { annotations: { wave: "2" } } } });
  const { output } = await scenario.stack.preview();
  assert.match(output, /replicantTemplate\.metadata\.annotations/);
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();

  show(t, report);
  assertGraceful(report);
  assert.deepEqual(await uids("core"), cores);
  const now = await uids("replicant");
  assert.equal(now.filter((uid) => replicants.includes(uid)).length, 0);
  await assertServes(3, 3);
});

test("a change of coreTemplate alone is not noticed by any client", async () => {
  const cores = await uids("core");
  const replicants = await uids("replicant");
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  await scenario.setSpec({
    replicantTemplate: { metadata: { annotations: { wave: "2" } } },
    coreTemplate: { metadata: { annotations: { wave: "3" } } },
  });
  await scenario.stack.up();
  const figures = await fleet.settle();
  await fleet.stop();

  assert.deepEqual(figures.disconnects, []);
  assert.equal(figures.sessionsLost, 0);
  assert.deepEqual(await uids("replicant"), replicants);
  const now = await uids("core");
  assert.equal(now.filter((uid) => cores.includes(uid)).length, 0);
  await assertServes(3, 3);
});

test("replicants from 4 to 2 and cores from 5 to 3 are evacuated before they go", async (t) => {
  await scenario.scale({ replicas: 5, replicants: 4 });
  await scenario.stack.up();
  await assertServes(5, 4);

  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  await scenario.scale({ replicas: 3, replicants: 2 });
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0", { switches: false });
  await fleet.stop();

  show(t, report);
  assert.ok(report.sessionsExpected > 0 && report.qos1Published > 0);
  assert.equal(report.sessionsLost, 0);
  assert.equal(report.qos1Lost, 0);
  assert.equal(report.maxDisconnectsPerClient, 1);
  assert.ok(report.minReadyEndpoints >= 2);
  assert.deepEqual(report.evacuationsLeft, []);
  await assertServes(3, 2);
});

test("replicants go to zero and come back while the Service always has somebody", async () => {
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  const observer = await Observer.start(scenario.watched);
  await scenario.scale({ replicants: 0 });
  await scenario.stack.up();
  await assertServes(3, 0);
  await scenario.scale({ replicants: 2 });
  await scenario.stack.up();
  await assertServes(3, 2);
  const figures = await fleet.settle();
  await fleet.stop();
  observer.stop();

  assert.equal(figures.sessionsLost, 0);
  assert.equal(figures.messages.lost, 0);
  const least = Math.min(...observer.log.endpoints.map(({ pods }) => pods.length));
  assert.ok(least >= 2, `the listeners Service had ${least} endpoints at one moment`);
});

/** The cluster as the API server and every node of it show it. */
async function assertServes(cores: number, replicants: number): Promise<void> {
  const { watched } = scenario;
  const pods = await bench.pods(watched);
  const ready = (role: Role) =>
    pods.filter((pod) => pod.metadata.labels?.[ROLE] === role && isReady(pod)).length;
  assert.deepEqual([ready("core"), ready("replicant")], [cores, replicants]);
  assert.equal(pods.length, cores + replicants);
  const revisions = new Set(pods.map((pod) => pod.metadata.labels?.[REVISION]));
  assert.equal(revisions.size, replicants > 0 ? 2 : 1);
  const selects = async (which: string) =>
    (await bench.service(watched, which)).spec.selector?.[ROLE];
  assert.equal(await selects("dashboard"), "core");
  assert.equal(await selects("listeners"), replicants > 0 ? "replicant" : "core");
  for (const pod of pods) {
    const nodes = await bench.nodesSeenBy(watched, pod);
    const seen = nodes.map(({ node_status }) => node_status);
    assert.deepEqual(
      seen,
      Array.from({ length: cores + replicants }, () => "running"),
      `/api/v5/nodes of ${pod.metadata.name}`,
    );
  }
}

async function uids(role: Role): Promise<string[]> {
  const pods = await bench.pods(scenario.watched);
  return pods
    .filter(({ metadata }) => metadata.labels?.[ROLE] === role)
    .map(({ metadata }) => metadata.uid ?? "")
    .sort();
}
