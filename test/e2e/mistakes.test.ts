import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { writesSince } from "../../sandbox/measure/audit";
import type { Scenario } from "../../sandbox/scenario";
import { Stack } from "../../sandbox/stack";
import { repositoryRoot } from "../../sandbox/toolchain/repository";
import { Bench, isReady } from "./support/cluster";
import { brokenInvariants } from "./support/faults";

// What people get wrong: nobody who is connected may notice, and the message has to tell what to do.
const CLIENTS = 60;
const OFFLINE = 10;
/** Everybody but Kubernetes itself and the simulated node. */
const ANYBODY = /^(?!kube-|sandbox-node-agent)/;
let bench: Bench;
let scenario: Scenario;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("mistakes");
  await scenario.stack.set("spec", spec({ updateStrategy: { progressDeadlineSeconds: 15 } }));
  await scenario.stack.up();
});
after(() => bench?.close());

test("an image that does not exist leaves blue untouched, and its correction upgrades", async () => {
  const { stack, watched } = scenario;
  const [blue] = (await bench.sets(watched)).map(({ metadata }) => metadata.name);
  const pods = await podsByUid();
  const fleet = await bench.connect(scenario, CLIENTS, OFFLINE);
  const since = Date.now();

  await scenario.setImage("emqx/emqx:6.1.0-missing");
  const { code, output } = await stack.startUp().result;

  assert.notEqual(code, 0, output);
  assert.match(output, /EMQX_PROGRESS_DEADLINE/);
  assert.match(output, /progressDeadlineSeconds = 15/);
  assert.match(output, /emqx-core-\w+-\d\b.*(ImagePullBackOff|ErrImagePull)/);
  assert.match(output, /emqx\/emqx:6\.1\.0-missing/);
  const created = writesSince(bench.sandbox.auditLog, since, ANYBODY)
    .map(({ object }) => /^statefulsets (default\/emqx-core-\w+)$/.exec(object)?.[1])
    .find((name) => name !== undefined && name !== `default/${blue}`);
  assert.ok(created, "green was there");
  assert.deepEqual(
    (await bench.sets(watched)).map(({ metadata }) => metadata.name),
    [blue],
    "green is deleted",
  );
  const maps = await bench.list("configmaps", watched);
  assert.equal(maps.filter(({ metadata }) => /^emqx-config-/.test(metadata.name)).length, 1);
  assert.deepEqual(await podsByUid(), pods);
  const figures = await fleet.figures();
  assert.deepEqual(figures.disconnects, []);
  assert.equal(fleet.latest()?.sample.total, CLIENTS);

  await scenario.setImage("emqx/emqx:6.1.0");
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();

  assert.deepEqual(brokenInvariants(report), []);
  assert.equal(report.sets.blue, blue);
  assert.equal(report.sessionsLost, 0);
  assert.equal(report.qos1Lost, 0);
  assert.equal(report.maxDisconnectsPerClient, 1);
  assert.equal(report.minReadyEndpoints, report.desiredReplicas);
  assert.deepEqual(report.blueObjectsLeft, []);
  assert.deepEqual(report.evacuationsLeft, []);
  assert.deepEqual([...new Set(report.clusterNodes.map(({ version }) => version))], ["6.1.0"]);
});

const mistakes: [what: string, args: object, message: RegExp][] = [
  [
    "an unknown field",
    { coreTemplate: { spec: { replica: 3 } } },
    /Unknown field `coreTemplate\.spec\.replica`\. Fields of coreTemplate\.spec: replicas, /,
  ],
  [
    "connEvictRate 0",
    { updateStrategy: { evacuationStrategy: { connEvictRate: 0 } } },
    /Expected `updateStrategy\.evacuationStrategy\.connEvictRate` to be an integer of at least 1, got `0`/,
  ],
  [
    "a negative waitTakeover",
    { updateStrategy: { evacuationStrategy: { waitTakeover: -1 } } },
    /Expected `updateStrategy\.evacuationStrategy\.waitTakeover` to be an integer of at least 0, got `-1`/,
  ],
  [
    "replicas 0",
    { coreTemplate: { spec: { replicas: 0 } } },
    /Expected `coreTemplate\.spec\.replicas` to be an integer from 1 to 1000, got `0`/,
  ],
  [
    "a bad imagePullPolicy",
    { imagePullPolicy: "Sometimes" },
    /Expected `imagePullPolicy` to be "Always" or "IfNotPresent" or "Never", got `Sometimes`/,
  ],
  [
    "config.data with a brace too few",
    { config: { data: 'mqtt { max_packet_size = "2MB"' } },
    /Expected every bracket of `config\.data` to have its partner, got a `{` in line 1 without its `}`/,
  ],
  [
    "a volume for replicants",
    { replicantTemplate: { spec: { volumeClaimTemplates: {} } } },
    /`replicantTemplate\.spec\.volumeClaimTemplates` cannot be set: .*coreTemplate\.spec\.volumeClaimTemplates/,
  ],
];

for (const [what, args, message] of mistakes) {
  test(`${what} fails the preview and nothing is changed`, async () => {
    const since = Date.now();
    const pods = await podsByUid();
    await scenario.stack.set("spec", spec(args));

    const { code, output } = await scenario.stack.start(["preview"]).result;

    assert.notEqual(code, 0, output);
    assert.match(output, /EMQX_INVALID_ARGUMENT/);
    assert.match(output, message);
    assert.deepEqual(writesSince(bench.sandbox.auditLog, since, ANYBODY), []);
    assert.deepEqual(await podsByUid(), pods);
  });
}

test("three nodes of 6.x without a licence are refused before any pod exists", async () => {
  const since = Date.now();
  const stack = programWithoutLicence("unlicensed");
  await stack.init();

  const { code, output } = await stack.startUp().result;

  assert.notEqual(code, 0, output);
  assert.match(output, /EMQX_PREFLIGHT_FAILED/);
  assert.match(output, /Expected a licence for 3 nodes of emqx\/emqx:6\.1\.0, got none/);
  assert.match(output, /Set `license`/);
  const written = writesSince(bench.sandbox.auditLog, since, /^/).map(({ object }) => object);
  assert.ok(written.includes("services default/unlicensed-listeners"), "the deployment began");
  assert.deepEqual(
    written.filter((object) => /^(pods|statefulsets) default\/(unlicensed|$)/.test(object)),
    [],
  );
  const { namespace } = scenario.watched;
  const left = { namespace, cluster: "unlicensed" };
  assert.deepEqual(await bench.list("pods", left), []);
  await stack.destroy();
  await stack.remove();
});

/** A project of its own: in the repository's, the licence has a default. */
function programWithoutLicence(name: string): Stack {
  const cwd = join(bench.folder, name);
  const modules = join(cwd, "node_modules");
  mkdirSync(modules, { recursive: true });
  symlinkSync(join(repositoryRoot(), "node_modules", "@pulumi"), join(modules, "@pulumi"));
  symlinkSync(repositoryRoot(), join(modules, "pulumi-emqx"));
  const program = `const { EmqxCluster } = require("pulumi-emqx");
new EmqxCluster("${name}", { image: "emqx/emqx:6.1.0", coreTemplate: { spec: { replicas: 3 } } });
`;
  writeFileSync(join(cwd, "index.js"), program);
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ name, main: "index.js" }));
  writeFileSync(join(cwd, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n`);
  const configFile = join(bench.sandbox.dir, `Pulumi.${name}.yaml`);
  return new Stack({ name, cwd, configFile, env: bench.sandbox.env });
}

/** The setting `spec` of index.ts: arguments of `EmqxCluster` as they are. */
function spec(args: object): string {
  return JSON.stringify(args);
}

/** Who serves now; a pod that was replaced or restarted differs. */
async function podsByUid(): Promise<string[]> {
  const pods = await bench.pods(scenario.watched);
  return pods
    .map((pod) => {
      const restarts = pod.status?.containerStatuses?.[0]?.restartCount;
      return `${pod.metadata.name} ${pod.metadata.uid} ${restarts} ${isReady(pod)}`;
    })
    .sort();
}
