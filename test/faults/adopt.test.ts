import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { mintLicense } from "../../sandbox/emqx/license";
import type { FleetProcess } from "../../sandbox/load/process";
import { writesSince } from "../../sandbox/measure/audit";
import type { KubeObject, Secret } from "../../sandbox/node-agent/kube/types";
import { resourceCounts } from "../../sandbox/pulumi-cli";
import type { Scenario, ScenarioOptions } from "../../sandbox/scenario";
import { Bench, isReady } from "../e2e/support/cluster";
import { brokenInvariants, upKilledDuring } from "../e2e/support/faults";
import { assertGraceful } from "../e2e/support/graceful";
import { fault } from "./support/fault";
import { connect } from "./support/mind";

// One cluster under load whose stack is lost three times.
/** Everybody but Kubernetes itself and the simulated node. */
const ANYBODY = /^(?!kube-|sandbox-node-agent)/;
const license = mintLicense({ maxSessions: 1000, expiresInDays: 365 });
/** Somebody's own port, so that an object of the lost stack has been updated once. */
const METRICS = {
  listenersServiceTemplate: { spec: { ports: [{ name: "extra", port: 2883, targetPort: 1883 }] } },
};
let bench: Bench;
let lost: Scenario;
let scenario: Scenario;
let fleet: FleetProcess;

/** A stack without state, as after `pulumi stack rm --force`. */
const stackOf = (name: string, options: Partial<ScenarioOptions> = {}): Promise<Scenario> =>
  bench.scenario(name, { secrets: { license }, ...options });

before(async () => {
  bench = await Bench.open();
  lost = await stackOf("first");
  await lost.stack.up();
  await lost.setSpec(METRICS);
  await lost.stack.up();
  fleet = await connect(lost);
  await lost.stack.forget();
});
after(() => bench?.close());

fault(
  {
    id: "mind-stack-lost",
    title:
      "a stack that was lost does not touch the cluster that it finds, unless told to adopt it",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    scenario = await stackOf("second");
    const since = Date.now();
    const pods = await running();

    injected();
    const up = await scenario.stack.startUp().result;
    handled();
    const hasty = await scenario.stack.startUp(["--skip-preview"]).result;

    for (const { code, output } of [up, hasty]) {
      assert.notEqual(code, 0, output);
      assert.match(output, /EMQX_CLUSTER_EXISTS/);
      assert.match(output, /found StatefulSet emqx-core-\w+ of 3 nodes/);
      assert.match(output, /set `adopt: true`/);
    }
    assert.deepEqual(writesSince(bench.sandbox.auditLog, since, ANYBODY), []);
    assert.deepEqual(await running(), pods);
  },
);

fault(
  {
    id: "mind-adopt",
    title: "`adopt: true` takes the cluster over as it runs: secrets, Services and sets are kept",
    deadlineSeconds: 180,
  },
  async ({ t, injected, handled }) => {
    const before = await kept();
    const pods = await running();
    const { disconnects } = await fleet.figures();

    await scenario.setSpec({ ...METRICS, adopt: true });
    injected();
    const { output } = await scenario.stack.up();
    handled();

    t.diagnostic(output.split("\n").find((line) => line.includes("adopts the cluster")) ?? "");
    assert.match(output, /adopts the cluster default\/emqx with its secrets: StatefulSet/);
    assert.deepEqual(await running(), pods);
    assert.deepEqual(await kept(), before);
    assert.deepEqual((await fleet.figures()).disconnects, disconnects);
    const { status, currentRevision } = await scenario.stack.outputs();
    const { conditions } = status as { conditions: { type: string; status: string }[] };
    assert.equal(conditions.find(({ type }) => type === "Ready")?.status, "True");
    assert.deepEqual(await sets(), [`emqx-core-${String(currentRevision)}`]);
    const again = resourceCounts((await scenario.stack.up()).output);
    assert.deepEqual([again.create, again.update, again.delete, again.replace], [0, 0, 0, 0]);
  },
);

test("what was adopted is upgraded and changed like any other", async () => {
  await scenario.setImage("emqx/emqx:6.0.2");
  const report = await scenario.measure(fleet, "emqx/emqx:6.0.2");
  await fleet.stop();
  assertGraceful(report, brokenInvariants(report));

  // A field that the lost stack had applied can be removed: nobody else owns it any more.
  await scenario.setSpec({ adopt: true });
  await scenario.stack.up();
  assert.deepEqual(await ports(), [1883, 8083, 8084, 8883]);
});

test("`adopt` may be removed once the stack knows the cluster", async () => {
  const before = await kept();
  const pods = await running();
  await scenario.setSpec({});
  const { output } = await scenario.stack.up();
  const { replace, update } = resourceCounts(output);
  assert.deepEqual([replace, update], [0, 0], output);
  assert.deepEqual(await running(), pods);
  assert.deepEqual(await kept(), before);
});

fault(
  {
    id: "mind-adopt-mid-upgrade",
    title: "a stack lost in the middle of an upgrade: the one that adopts the cluster finishes it",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    const crowd = await connect(scenario);
    await scenario.setImage("emqx/emqx:6.1.0");
    const before = await secrets();
    let green: string | undefined;
    const heir = await stackOf("third", { image: "emqx/emqx:6.1.0", spec: { adopt: true } });
    const report = await scenario.measure(crowd, "emqx/emqx:6.1.0", {
      perform: async () => {
        injected();
        const { to } = await upKilledDuring(bench, scenario, "Evacuate");
        green = `emqx-core-${to}`;
        await scenario.stack.forget();
        await heir.stack.up();
        handled();
      },
    });
    await crowd.stop();
    assertGraceful(report, brokenInvariants(report));
    assert.equal(report.sets.green, green, "the same green was carried on with");
    assert.deepEqual(await sets(), [green]);
    assert.deepEqual(await secrets(), before);
  },
);

/** Pods that were neither replaced nor restarted stay equal. */
async function running(): Promise<string[]> {
  const pods = await bench.pods(lost.watched);
  return pods
    .map((pod) => {
      const restarts = pod.status?.containerStatuses?.[0]?.restartCount;
      return `${pod.metadata.name} ${pod.metadata.uid} ${restarts} ${isReady(pod)}`;
    })
    .sort();
}

async function sets(): Promise<string[]> {
  return (await bench.sets(lost.watched)).map(({ metadata }) => metadata.name);
}

async function secrets(): Promise<unknown> {
  const all = await bench.list<Secret>("secrets", lost.watched);
  return all.map(({ metadata, data }) => [metadata.name, metadata.uid, data]);
}

/** What an adopted cluster must not lose. */
async function kept(): Promise<unknown> {
  const others = await Promise.all(
    (["services", "poddisruptionbudgets", "serviceaccounts", "statefulsets"] as const).map(
      async (plural) => {
        const all = await bench.list<KubeObject & { spec?: object }>(plural, lost.watched);
        return all.map(({ metadata, spec }) => [plural, metadata.name, metadata.uid, spec]);
      },
    ),
  );
  return [await secrets(), ...others];
}

async function ports(): Promise<number[]> {
  const { spec } = await bench.service(lost.watched, "listeners");
  const all = (spec as { ports?: { port: number }[] }).ports ?? [];
  return all.map(({ port }) => port).sort((a, b) => a - b);
}
