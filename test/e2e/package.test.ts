import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { promisify } from "node:util";
import { checkInvariants } from "../../sandbox/measure/invariants";
import type { Scenario } from "../../sandbox/scenario";
import { repositoryRoot } from "../../sandbox/toolchain/repository";
import { Bench, isReady } from "./support/cluster";

// What a user has: the package from a registry in a project of their own, here examples/minimal
// far away from the repository. The tests are one story in order.
const root = repositoryRoot();
let bench: Bench;
let project: string;
let scenario: Scenario;

before(async () => {
  bench = await Bench.open();
  project = join(bench.folder, "project");
});
after(() => bench?.close());

test("the packed package installs and type-checks in an empty project", async () => {
  const archive = await pack();
  mkdirSync(project);
  for (const file of ["Pulumi.yaml", "tsconfig.json", "index.ts"]) {
    cpSync(join(root, "examples", "minimal", file), join(project, file));
  }
  const program = readFileSync(join(project, "index.ts"), "utf8");
  assert.ok(program.trim().split("\n").length <= 15, "the smallest program has 15 lines");
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest(archive)));

  await run("npm", ["install", "--prefer-offline"], project);

  const installed = join(project, "node_modules", "pulumi-emqx");
  assert.ok(!lstatSync(installed).isSymbolicLink(), "a copy, not a link into the repository");
  assert.ok(existsSync(join(installed, "dist", "index.d.ts")));
  for (const ours of ["components", "sandbox", "test", "build"]) {
    assert.ok(!existsSync(join(installed, ours)), `${ours} is not part of the package`);
  }
  assert.ok(
    !existsSync(join(installed, "node_modules", "@pulumi")),
    "Pulumi's SDK is the project's own",
  );
  await run(join(project, "node_modules", ".bin", "tsc"), ["-p", "."], project);
});

test("its program deploys a cluster", async () => {
  // The terms that the program's arguments and their defaults make.
  const terms = { replicas: 3, connEvictRate: 100, sessEvictRate: 1000 };
  const pace = { initialDelaySeconds: 10, waitTakeover: 10 };
  scenario = await bench.scenario("package", { ...terms, ...pace, project });

  await scenario.stack.up();

  const pods = await bench.pods(scenario.watched);
  assert.deepEqual(pods.map(isReady), [true, true, true]);
  assert.equal((await bench.nodesSeenBy(scenario.watched, pods[0] ?? assert.fail())).length, 3);
});

test("its program upgrades the cluster under load", async () => {
  const fleet = await bench.connect(scenario, 150, 10);
  await scenario.setImage("emqx/emqx:6.1.0");

  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();

  assert.deepEqual(checkInvariants(report), []);
  assert.equal(report.maxDisconnectsPerClient, 1);
  assert.deepEqual([...new Set(report.clusterNodes.map(({ version }) => version))], ["6.1.0"]);
  assert.equal(report.clusterNodes.length, 3);
});

test("its program destroys the cluster", async () => {
  await scenario.stack.destroy();

  assert.deepEqual(await bench.sets(scenario.watched), []);
  assert.deepEqual(await bench.pods(scenario.watched), []);
  await scenario.stack.remove();
});

/** `npm pack` into the bench's folder; the archive's path. */
async function pack(): Promise<string> {
  assert.ok(existsSync(join(root, "dist", "index.js")), "run `npm run build` before this test");
  // Without scripts: `prepare` would build again, under the feet of a sandbox that runs from it.
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", bench.folder];
  const [packed] = JSON.parse(await run("npm", args, root)) as { filename: string }[];
  return join(bench.folder, packed?.filename ?? assert.fail("npm pack made nothing"));
}

/** The example's manifest, with the archive where it has the repository. */
function manifest(archive: string): object {
  const text = readFileSync(join(root, "examples", "minimal", "package.json"), "utf8");
  const example = JSON.parse(text) as { dependencies: Record<string, string> };
  return {
    ...example,
    dependencies: { ...example.dependencies, "pulumi-emqx": `file:${archive}` },
  };
}

/** Runs a command with the sandbox's Pulumi; resolves to its stdout. */
async function run(command: string, args: string[], cwd: string): Promise<string> {
  const env = { ...process.env, ...bench.sandbox.env };
  const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 1 << 26 });
  return stdout;
}
