import assert from "node:assert/strict";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { mintLicense } from "../../sandbox/emqx/license";
import { readEndState } from "../../sandbox/measure/emqx-api";
import type { Report } from "../../sandbox/measure/report";
import type { ScenarioOptions, Scenario } from "../../sandbox/scenario";
import { repositoryRoot } from "../../sandbox/toolchain/repository";
import { Bench, eventually, REVISION } from "./support/cluster";
import { assertGraceful, show } from "./support/graceful";

// Each custom resource that the documents print is deployed as it is, but for what a test has no
// time for, and upgraded under load as its document does.
const PROGRAM = join(__dirname, "program-cr");
const RESOURCES = join(repositoryRoot(), "test", "fixtures", "custom-resources");
const PEM = "-----BEGIN CERTIFICATE-----\nMIIBsandbox\n-----END CERTIFICATE-----\n";
let bench: Bench;

before(async () => {
  bench = await Bench.open();
});
after(() => bench?.close());

interface Story extends Partial<ScenarioOptions> {
  /** File name of the custom resource, without `.yaml`. */
  resource: string;
  /** What differs from it before and after the upgrade. */
  overrides: object;
  changed: object;
  to: string;
  clients: number;
  offline: number;
  /** False where the set stays. */
  switches?: boolean;
}

/** EMQX 4.4 has one Service, another API and other node names. */
const enterprise = (name: string): Pick<ScenarioOptions, "watch" | "secrets"> => ({
  watch: {
    listenersService: name,
    nodePrefix: name,
    api: { version: "v4" },
  },
  secrets: { license: PEM },
});

async function upgrade(
  story: Story,
  check: (scenario: Scenario, preview: string) => void | Promise<void> = () => undefined,
): Promise<Report> {
  const { resource, overrides, changed, to, clients, offline, switches, ...options } = story;
  const { stack = `cr${resource.replace(/\W/g, "")}` } = options;
  const secrets = { license: mintLicense({ maxSessions: 1000, expiresInDays: 365 }) };
  const scenario = await bench.scenario(stack, {
    project: PROGRAM,
    ownSettings: true,
    config: {
      customResource: join(RESOURCES, `${resource}.yaml`),
      overrides: JSON.stringify(overrides),
    },
    secrets,
    ...options,
    stack,
  });
  try {
    await scenario.stack.up();
    await scenario.stack.set("overrides", JSON.stringify(changed));
    const { output } = await scenario.stack.preview();
    const fleet = await bench.connect(scenario, clients, offline);
    const report = await scenario.measure(fleet, to, { switches });
    await fleet.stop();
    await check(scenario, output);
    return report;
  } finally {
    // The next story may use the same names.
    await scenario.stack.destroy();
    await scenario.stack.remove();
  }
}

const pace = (rate: number) => ({
  initialDelaySeconds: 1,
  evacuationStrategy: { connEvictRate: rate, sessEvictRate: rate, waitTakeover: 2 },
});

test("document 000: imagePullPolicy alone, nodeEvacuationsStatus as printed", async (t) => {
  // The document shows three old nodes, and rates that 150 clients would not fill.
  const args = { coreTemplate: { spec: { replicas: 3 } }, updateStrategy: pace(30) };
  const image = "emqx/emqx:6.0.1";
  const report = await upgrade(
    {
      resource: "000-v2beta1",
      cluster: "emqx-ee",
      image,
      to: image,
      replicas: 3,
      connEvictRate: 30,
      sessEvictRate: 30,
      overrides: args,
      changed: { ...args, imagePullPolicy: "Never" },
      clients: 300,
      offline: 20,
    },
    (_, preview) => assert.match(preview, /imagePullPolicy: .* -> Never \(blue-green/),
  );

  show(t, report);
  assertGraceful(report);
  const sample = report.waitingTakeoverSample as unknown as Record<string, unknown>;
  assert.equal(sample?.state, "waiting_takeover");
  assert.deepEqual(Object.keys(sample).sort(), [
    "connection_eviction_rate",
    "connection_goal",
    "node",
    "session_eviction_rate",
    "session_goal",
    "session_recipients",
    "state",
    "stats",
  ]);
  assert.deepEqual(Object.keys(sample.stats as object).sort(), [
    "current_connected",
    "current_sessions",
    "initial_connected",
    "initial_sessions",
  ]);
  assert.equal(sample.connection_eviction_rate, 30);
  assert.equal((sample.session_recipients as string[]).length, 3);
});

test("document 001, EMQX: open source, whose clients are cut as the preview says", async (t) => {
  const updateStrategy = pace(30);
  const report = await upgrade(
    {
      resource: "001-v2beta1",
      image: "emqx:5",
      to: "emqx:5.8.6",
      replicas: 1,
      overrides: { updateStrategy },
      changed: { updateStrategy, image: "emqx:5.8.6" },
      clients: 60,
      offline: 0,
    },
    (_, preview) => assert.match(preview, /clients of a node will be cut when its pod goes/),
  );
  show(t, report);
  assertCutOnce(report);
});

test("document 001, EmqxEnterprise: three nodes of 4.4 by default", async (t) => {
  const args = { blueGreenUpdate: pace(30) };
  const template = { spec: { emqxContainer: { image: { version: "4.4.19" } } } };
  const report = await upgrade({
    resource: "001-v1beta4",
    cluster: "emqx-ee",
    image: "emqx/emqx-ee:4.4.14",
    to: "emqx/emqx-ee:4.4.19",
    replicas: 3,
    connEvictRate: 30,
    sessEvictRate: 30,
    overrides: args,
    changed: { ...args, template },
    clients: 300,
    offline: 20,
    ...enterprise("emqx-ee"),
  });
  show(t, report);
  assertGraceful(report);
});

test("document 002: 4.4 at its printed rates through node port 32010, by a container's name", async (t) => {
  const template = { spec: { emqxContainer: { name: "emqx-ee-a" } } };
  const report = await upgrade(
    {
      resource: "002-v1beta4",
      cluster: "emqx-ee",
      image: "emqx/emqx-ee:4.4.14",
      to: "emqx/emqx-ee:4.4.14",
      replicas: 3,
      connEvictRate: 10,
      sessEvictRate: 10,
      initialDelaySeconds: 5,
      waitTakeover: 5,
      nodePort: 32010,
      overrides: {},
      changed: { template },
      clients: 100,
      offline: 10,
      ...enterprise("emqx-ee"),
      secrets: {},
    },
    async (scenario) => {
      const { status } = (await scenario.stack.outputs()) as { status?: { emqxNodes?: object[] } };
      const nodes = status?.emqxNodes ?? [];
      assert.equal(nodes.length, 3);
      for (const node of nodes) {
        assert.deepEqual(Object.keys(node).sort(), [
          "node",
          "node_status",
          "otp_release",
          "version",
        ]);
        const name = /^emqx-ee@emqx-ee-\w+-\d\.emqx-ee-headless\.default\.svc\.cluster\.local$/;
        assert.match((node as { node: string }).node, name);
        assert.equal((node as { node_status: string }).node_status, "Running");
        assert.equal((node as { version: string }).version, "4.4.14");
      }
      const [pod] = await bench.pods(scenario.watched);
      assert.equal(pod?.spec.containers[0]?.name, "emqx-ee-a");
    },
  );
  show(t, report);
  assertGraceful(report);
});

test("4.4 without blueGreenUpdate: Kubernetes renews the one set in place, pod by pod", async () => {
  const template = { spec: { emqxContainer: { image: { version: "4.4.19" } } } };
  const args = { blueGreenUpdate: null };
  const report = await upgrade(
    {
      resource: "001-v1beta4",
      stack: "crrolling",
      cluster: "emqx-ee",
      image: "emqx/emqx-ee:4.4.14",
      to: "emqx/emqx-ee:4.4.19",
      switches: false,
      replicas: 3,
      overrides: args,
      changed: { ...args, template },
      clients: 60,
      offline: 0,
      ...enterprise("emqx-ee"),
    },
    async ({ watched }, preview) => {
      assert.match(preview, /renewed in place, pod by pod/);
      const sets = await bench.sets(watched);
      assert.deepEqual(
        sets.map(({ metadata }) => metadata.name),
        ["emqx-ee"],
      );
      for (const { spec } of await bench.pods(watched)) {
        assert.equal(spec.containers[0]?.image, "emqx/emqx-ee:4.4.19");
      }
    },
  );
  assert.ok(report.minReadyEndpoints >= 2, `${report.minReadyEndpoints} endpoints at one moment`);
  const running = report.clusterNodes.filter(({ node_status }) => node_status === "running");
  assert.deepEqual([...new Set(running.map(({ version }) => version))], ["4.4.19"]);
  assert.equal(running.length, 3);
});

test("document 003: a controlled rate, one disconnect, all nodes at all times, balance", async (t) => {
  // The document prints the strategy only; the rest is document 001's.
  const blueGreenUpdate = { ...pace(40), initialDelaySeconds: 2 };
  // No call removes a stopped node in 4.4, where 5 minutes are the default.
  const emqxConfig = { "cluster.autoclean": "5s" };
  const spec = { emqxContainer: { emqxConfig } };
  const args = { blueGreenUpdate, template: { spec } };
  const template = { spec, metadata: { annotations: { wave: "2" } } };
  const clean = async ({ watched }: Scenario) => {
    const [set] = await bench.sets(watched);
    const revision = set?.metadata.labels?.[REVISION] ?? "";
    const { clusterNodes } = await eventually(
      () => readEndState(watched, revision),
      (end) => end.clusterNodes.length === 3,
    );
    assert.equal(clusterNodes.length, 3, "EMQX forgets the nodes that are gone");
  };
  const report = await upgrade(
    {
      resource: "001-v1beta4",
      stack: "cr003",
      cluster: "emqx-ee",
      image: "emqx/emqx-ee:4.4.14",
      to: "emqx/emqx-ee:4.4.14",
      replicas: 3,
      connEvictRate: 40,
      sessEvictRate: 40,
      initialDelaySeconds: 2,
      overrides: args,
      changed: { ...args, template },
      clients: 240,
      offline: 20,
      ...enterprise("emqx-ee"),
    },
    clean,
  );
  show(t, report);
  assertGraceful(report);
  assert.ok(report.peakReconnectsPerSecond <= 1.2 * 40, `${report.peakReconnectsPerSecond}/s`);
  assert.ok(report.balance <= 1.15, `${report.balance} times the mean`);
});

test("document 004: three cores and three replicants of 5.0.6 by default", async (t) => {
  const updateStrategy = pace(30);
  const report = await upgrade(
    {
      resource: "004-v2alpha1",
      image: "emqx/emqx:5.0.6",
      to: "emqx/emqx:5.0.9",
      replicas: 3,
      replicants: 3,
      overrides: { updateStrategy },
      changed: { updateStrategy, image: "emqx/emqx:5.0.9" },
      clients: 90,
      offline: 0,
    },
    (_, preview) => assert.match(preview, /clients of a node will be cut when its pod goes/),
  );
  show(t, report);
  assertCutOnce(report);
  assert.equal(report.roles?.replicantWithoutCore, 0);
  assert.equal(report.roles.dashboardEndpointsCoresOnly, true);
  assert.equal(report.roles.listenerEndpointsReplicantsOnly, true);
});

/**
 * What holds where EMQX has no evacuation: sessions end with their node, but nobody is cut twice,
 * the Service is never short, and one node goes at a time, `waitTakeover` apart.
 */
function assertCutOnce(report: Report): void {
  assert.equal(report.maxDisconnectsPerClient, 1);
  assert.equal(report.minReadyEndpoints, report.desiredReplicas);
  assert.equal(report.maxSetsBehindService, 1);
  assert.equal(report.newConnectionsToBlueAfterSwitch, 0);
  assert.deepEqual(report.blueObjectsLeft, []);
  const running = report.clusterNodes.filter(({ node_status }) => node_status === "running");
  assert.deepEqual(running.map(({ node }) => node).sort(), [...report.expectedNodes].sort());
  const busy = report.blueDeletions
    .filter(({ connected }) => connected > 0)
    .map(({ t }) => t)
    .sort((a, b) => a - b);
  assert.ok(busy.length > 0);
  busy.slice(1).forEach((t, index) => {
    const gap = t - (busy[index] ?? 0);
    assert.ok(gap >= 1.9, `two nodes with clients went within ${gap} s`);
  });
}
