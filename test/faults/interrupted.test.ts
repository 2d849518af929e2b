/**
 * What people do with an upgrade that was cut short, beside running `pulumi up` again; and who
 * else may be at work: a second runner, one that was suspended, one that lost the cluster.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test, { after, before } from "node:test";
import type { KubeProxy } from "../../sandbox/faults/kube-proxy";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually } from "../e2e/support/cluster";
import { rolloutOf } from "../e2e/support/faults";
import { FLEET, QUICK, Subject } from "./support/changes";
import { endState, madeAnew } from "./support/end-state";
import { fault } from "./support/fault";
import { startKubeProxy } from "./support/kube-faults";
import { actsSince, holdAt, strike, type Held } from "./support/strike";
import { assertNothingToDo, assertUnnoticed } from "./support/unnoticed";

const UP = ["up", "--yes", "--skip-preview"];
/** A point of every phase, by the phase in which the record is left there. */
const POINTS = {
  Preflight: "after:inspect",
  CreateGreen: "before:createSet",
  WaitGreen: "after:createSet",
  Promote: "after:select",
  Evacuate: "after:evacuate",
  Retire: "before:deleteSet",
};

let bench: Bench;
let proxy: KubeProxy;
let scenario: Scenario;
let subject: Subject;
const expected = new Map<string, unknown>();

before(async () => {
  bench = await Bench.open();
  proxy = await startKubeProxy(bench);
  scenario = await bench.scenario("interrupted", { ...QUICK, replicants: 1 });
  subject = new Subject(bench, scenario);
  await subject.begin();
  // One undisturbed run to each image: where every other one has to end.
  for (const last of [false, true]) {
    await scenario.stack.up(["--skip-preview"]);
    expected.set(subject.key, await endState(bench, scenario));
    if (!last) await subject.change("upgrade");
  }
});
after(async () => {
  await proxy?.close();
  await bench?.close();
});

/** An upgrade under load that is held at a point; `then` has to bring it to its end. */
async function upgrade(point: string, then: (held: Held) => Promise<void>): Promise<void> {
  await subject.change("upgrade");
  const fleet = await bench.connect(scenario, FLEET.clients, FLEET.offline, FLEET);
  const report = await scenario.measure(fleet, subject.imageName, {
    perform: async () => then(await holdAt(bench, scenario, point, UP)),
  });
  await fleet.stop();
  assertUnnoticed(report);
  assert.deepEqual(await endState(bench, scenario), expected.get(subject.key));
  await assertNothingToDo(scenario);
  await bench.forgetSessions(scenario.watched);
}

for (const [phase, point] of Object.entries(POINTS)) {
  fault(
    {
      id: "resume-refresh",
      title: `preview and refresh of an upgrade cut short in ${phase} write nothing, and \`up --refresh\` ends it`,
      deadlineSeconds: 300,
    },
    async ({ injected, handled }) => {
      await upgrade(point, async (held) => {
        injected();
        await strike(bench, scenario, held, "both");
        const since = Date.now();
        await scenario.stack.preview();
        await scenario.stack.refresh();
        assert.deepEqual(actsSince(bench.sandbox.auditLog, since), []);
        await scenario.stack.up(["--refresh", "--skip-preview"]);
        handled();
      });
    },
  );
}

fault(
  {
    id: "resume-connection-lost",
    title:
      "an upgrade whose connection to the cluster is gone for good ends, and the next one goes on",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    await upgrade("before:evacuate", async ({ run, letGo }) => {
      await proxy.refuse();
      injected();
      letGo();
      const { code, output } = await run.result;
      await proxy.accept();
      assert.notEqual(code, 0, output);
      assert.match(output, /EMQX_KUBERNETES_UNREACHABLE/);
      await scenario.stack.up(["--skip-preview"]);
      handled();
    });
  },
);

fault(
  {
    id: "resume-state-restored",
    title: "a state file from before the upgrade finds the upgrade where it stands, and later done",
    deadlineSeconds: 400,
  },
  async ({ injected, handled }) => {
    const file = join(bench.folder, "state-before.json");
    await scenario.stack.exportState(file);
    await upgrade("after:select", async (held) => {
      await strike(bench, scenario, held, "both");
      injected();
      await scenario.stack.importState(file);
      await scenario.stack.up(["--skip-preview"]);
    });
    const pods = await uids();
    await scenario.stack.importState(file);
    await scenario.stack.up(["--skip-preview"]);
    handled();
    assert.deepEqual(await uids(), pods, "what is done already is left alone");
    await assertNothingToDo(scenario);
  },
);

fault(
  {
    id: "resume-second-runner",
    title: "a second runner is told who holds the upgrade and since when, and does nothing",
    deadlineSeconds: 120,
  },
  async ({ injected, handled }) => {
    await upgrade("before:evacuate", async ({ run, provider, letGo }) => {
      await scenario.stack.cancel();
      const since = Date.now();
      injected();
      const second = await scenario.stack.startUp(["--skip-preview"]).result;
      handled();
      assert.notEqual(second.code, 0, second.output);
      assert.match(second.output, /EMQX_ROLLOUT_FENCED/);
      assert.match(second.output, new RegExp(`/${provider}/\\S+ .*since \\d{4}-\\d\\d-\\d\\dT`));
      assert.deepEqual(actsSince(bench.sandbox.auditLog, since), []);
      letGo();
      await run.result;
      // Two runs have written one state file: the cluster is where the first one has brought it.
      await scenario.stack.cancel().catch(() => undefined);
      await scenario.stack.up(["--skip-preview"]);
    });
  },
);

fault(
  {
    id: "resume-suspended",
    title:
      "a run that was suspended for longer than its lease wakes up to find another one, and stops",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    await upgrade("before:evacuate", async ({ run, provider, letGo }) => {
      process.kill(provider, "SIGSTOP");
      injected();
      try {
        await scenario.stack.cancel();
        await scenario.stack.up(["--skip-preview"]);
      } finally {
        process.kill(provider, "SIGCONT");
      }
      const since = Date.now();
      letGo();
      const { code, output } = await run.result;
      handled();
      assert.notEqual(code, 0, output);
      assert.match(output, /EMQX_ROLLOUT_FENCED/);
      assert.deepEqual(actsSince(bench.sandbox.auditLog, since), []);
      await scenario.stack.cancel().catch(() => undefined);
      await scenario.stack.up(["--skip-preview"]);
    });
  },
);

for (const [phase, point] of Object.entries(POINTS)) {
  fault(
    {
      id: "resume-destroy",
      title: `\`pulumi destroy\` of an upgrade cut short in ${phase} leaves nothing`,
      deadlineSeconds: 300,
    },
    async ({ injected, handled }) => {
      if (!(await rolloutIsThere())) await scenario.stack.up(["--skip-preview"]);
      await subject.change("upgrade");
      // Nodes without clients are not evacuated.
      const fleet = await bench.connect(scenario, FLEET.clients, FLEET.offline, FLEET);
      const held = await holdAt(bench, scenario, point, UP);
      await fleet.stop();
      injected();
      await strike(bench, scenario, held, "both");
      await scenario.stack.destroy(["--skip-preview"]);
      handled();
      const left = await eventually(
        async () => (await bench.everythingIn("default")).filter((name) => /\/emqx-/.test(name)),
        (names) => names.length === 0,
      );
      assert.deepEqual(left, []);
    },
  );
}

test("a cluster that was destroyed in the middle can be made again", async () => {
  await scenario.stack.up(["--skip-preview"]);
  const made = await endState(bench, scenario);
  assert.deepEqual(madeAnew(made), madeAnew(expected.get(subject.key)));
});

const uids = async () =>
  (await bench.pods(scenario.watched)).map(({ metadata }) => metadata.uid).sort();

/** Whether there is a cluster: a record of it, done or not. */
async function rolloutIsThere(): Promise<boolean> {
  return (await uids()).length > 0 || (await rolloutOf(bench.api, scenario)) !== undefined;
}
