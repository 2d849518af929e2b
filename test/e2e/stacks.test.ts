import assert from "node:assert/strict";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { mintLicense } from "../../sandbox/emqx/license";
import type { Scenario, ScenarioOptions } from "../../sandbox/scenario";
import { repositoryRoot } from "../../sandbox/toolchain/repository";
import { Bench, eventually } from "./support/cluster";
import { rolloutOf } from "./support/faults";
import { assertGraceful, show } from "./support/graceful";

// One program, one stack for each environment: the repository's own Pulumi.<stack>.yaml, deployed,
// upgraded and destroyed as they are.
let bench: Bench;

before(async () => {
  bench = await Bench.open();
});
after(() => bench?.close());

/** `measured` repeats what the stack's file says, for the limits to measure against. */
async function stackOf(
  environment: string,
  measured: Partial<ScenarioOptions>,
  secrets: Record<string, string>,
): Promise<Scenario> {
  return bench.scenario(`test-${environment}`, {
    configFrom: join(repositoryRoot(), `Pulumi.${environment}.yaml`),
    ownSettings: true,
    secrets,
    ...measured,
  });
}

const licence = () => ({ license: mintLicense({ maxSessions: 1000, expiresInDays: 365 }) });

test("dev: one node with the evaluation licence", async (t) => {
  const pace = {
    connEvictRate: 1000,
    sessEvictRate: 1000,
    initialDelaySeconds: 2,
    waitTakeover: 5,
  };
  const scenario = await stackOf("dev", { replicas: 1, ...pace }, {});
  await scenario.stack.up();
  const fleet = await bench.connect(scenario, 18, 4);
  await scenario.setImage("emqx/emqx:6.1.0");
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();
  show(t, report);
  assert.equal(report.sessionsLost, 0);
  assert.equal(report.maxDisconnectsPerClient, 1);
  assert.equal(report.minReadyEndpoints, 1);
  assert.deepEqual(report.blueObjectsLeft, []);
  await destroy(scenario);
});

test("staging: three cores", async (t) => {
  const pace = {
    connEvictRate: 500,
    sessEvictRate: 500,
    initialDelaySeconds: 10,
    waitTakeover: 10,
  };
  const scenario = await stackOf("staging", { replicas: 3, ...pace }, licence());
  await scenario.stack.up();
  const fleet = await bench.connect(scenario, 150, 20);
  await scenario.setImage("emqx/emqx:6.1.0");
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();
  show(t, report);
  assertGraceful(report);
  await destroy(scenario);
});

test("prod: cores and replicants with volumes, and a person at the gate", async (t) => {
  const pace = {
    connEvictRate: 200,
    sessEvictRate: 200,
    initialDelaySeconds: 10,
    waitTakeover: 10,
  };
  const scenario = await stackOf("prod", { replicas: 3, replicants: 3, ...pace }, licence());
  const { output } = await scenario.stack.up();
  assert.match(output, /monitoring\.coreos\.com/, "absent definitions are told, and no obstacle");
  const claims = await bench.list("persistentvolumeclaims", scenario.watched);
  assert.equal(claims.length, 3);

  const fleet = await bench.connect(scenario, 150, 20);
  await scenario.setImage("emqx/emqx:6.1.0");
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0", {
    perform: async () => {
      const run = scenario.stack.startUp();
      const promoting = promote(scenario);
      const { code, output: told } = await run.result;
      await promoting;
      assert.equal(code, 0, told);
      assert.match(told, /Waiting for a person|The switch was ordered/);
    },
  });
  await fleet.stop();
  show(t, report);
  assertGraceful(report);
  assert.equal((await bench.list("persistentvolumeclaims", scenario.watched)).length, 3);
  await destroy(scenario);
});

test("mistakes in a stack's settings are named with their keys, all at once", async () => {
  const scenario = await stackOf("staging", { replicas: 3 }, {});
  await scenario.stack.set("connEvictRate", "0");
  await scenario.stack.set("replica", "3");
  const { code, output } = await scenario.stack.startUp().result;
  assert.notEqual(code, 0);
  for (const key of ["connEvictRate", "replica", "license"]) {
    assert.match(output, new RegExp(`- .*\\b${key}\\b`), output);
  }
  await scenario.stack.remove();
});

/** What the person at the gate does, once the rollout stands there. */
async function promote(scenario: Scenario): Promise<void> {
  const { namespace, cluster } = scenario.watched;
  const at = await eventually(
    () => rolloutOf(bench.api, scenario),
    (rollout) => rollout?.phase === "Gate",
    120,
  );
  assert.equal(at?.phase, "Gate");
  await bench.api.patch(`/api/v1/namespaces/${namespace}/configmaps/${cluster}-rollout`, {
    metadata: { annotations: { "emqx.io/rollout-control": "promote" } },
  });
}

async function destroy(scenario: Scenario): Promise<void> {
  await scenario.stack.destroy();
  await scenario.stack.remove();
}
