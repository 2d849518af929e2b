import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Scenario } from "../../sandbox/scenario";
import { Bench } from "../e2e/support/cluster";
import { fault } from "./support/fault";
import {
  assertSeen,
  assertServes,
  connect,
  lastRollout,
  type Moment,
  obeyed,
  order,
  partOfBlueDeleted,
  podsOf,
  reach,
  selected,
  servedAgain,
  SIZE,
} from "./support/mind";

// One cluster whose upgrade is aborted again and again, each time a little later. That the next
// `pulumi up` starts again is shown by the next case.
const GREEN = "emqx/emqx:6.0.2";
let bench: Bench;
let scenario: Scenario;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("abort", { ...SIZE });
  await scenario.stack.up();
});
after(() => bench?.close());

fault(
  {
    id: "mind-deadline",
    title: "green misses its deadline: it is removed by itself, and blue is never touched",
    deadlineSeconds: 300,
  },
  async ({ t, injected, handled }) => {
    const fleet = await connect(scenario);
    const blue = (await selected(bench, scenario)) ?? "";
    const pods = await podsOf(bench, scenario, blue);
    await scenario.setSpec({ updateStrategy: { progressDeadlineSeconds: 15 } });
    await scenario.setImage("emqx/emqx:6.0.2-missing");
    injected();
    const { code, output } = await scenario.stack.startUp().result;
    handled();
    assert.notEqual(code, 0, output);
    assert.match(output, /EMQX_PROGRESS_DEADLINE/);
    assert.deepEqual(await podsOf(bench, scenario, blue), pods);
    await assertServes({ bench, scenario, fleet, t }, blue, 0);
    await scenario.setSpec({});
  },
);

interface Case extends Moment {
  id: string;
  /** As in "aborted <when>". */
  when: string;
  gate?: "manual";
  /** How often a client may have been cut. */
  most: number;
}

const cases: Case[] = [
  { id: "wait-green", phase: "WaitGreen", when: "while green starts", most: 0 },
  { id: "gate", phase: "Gate", when: "at the gate", gate: "manual", most: 0 },
  { id: "promote", phase: "Promote", when: "during the switch", most: 1 },
  { id: "evacuate", phase: "Evacuate", when: "as the evacuation begins", most: 2 },
  {
    id: "evacuate-late",
    phase: "Evacuate",
    and: partOfBlueDeleted,
    when: "with part of blue deleted",
    most: 2,
  },
  { id: "retire", phase: "Retire", when: "while the last of blue goes", most: 2 },
];

for (const { id, when, gate, most, ...moment } of cases) {
  fault(
    {
      id: `mind-abort-${id}`,
      title: `an upgrade aborted by annotation ${when}: blue serves everybody again`,
      deadlineSeconds: 300,
    },
    async ({ t, injected, handled }) => {
      await scenario.setSpec(gate ? { updateStrategy: { gate } } : {});
      await scenario.setImage(GREEN);
      const fleet = await connect(scenario);
      const run = scenario.stack.startUp();
      const { from, to } = await reach(bench, scenario, run, moment);

      const since = await order(bench, scenario, "abort");
      injected();
      const seen = await obeyed(bench, scenario);
      const stop = new AbortController();
      const back = servedAgain(bench, scenario, from, since, stop.signal);
      const { code, output } = await run.result;
      handled();
      stop.abort();

      t.diagnostic(
        `Service on blue again after ${await back} s, ` +
          `over after ${(Date.now() - since) / 1000} s`,
      );
      assertSeen(t, "abort", since, seen);
      assert.notEqual(code, 0, output);
      assert.match(output, /EMQX_ROLLOUT_ABORTED/);
      assert.match(output, new RegExp(`Turning back to ${from}`));
      assert.match(output, new RegExp(`Revision ${from} serves again, revision ${to} was removed`));
      assert.equal((await lastRollout(scenario))?.verdict, "failed");
      await assertServes({ bench, scenario, fleet, t }, from ?? "", most);
    },
  );
}
