import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { PulumiRun } from "../../sandbox/pulumi-cli";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually } from "../e2e/support/cluster";
import { fault } from "./support/fault";
import {
  assertServes,
  connect,
  partOfBlueDeleted,
  reach,
  selected,
  SIZE,
  servedAgain,
  type Moment,
} from "./support/mind";

// `pulumi up` is cut short in the middle of an upgrade and the program is changed: back to what
// served before, or on to a third image. One cluster after another change of mind.
const IMAGES = ["emqx/emqx:6.0.1", "emqx/emqx:6.0.2", "emqx/emqx:6.1.0"];
let bench: Bench;
let scenario: Scenario;
let serving = 0;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("revert", { ...SIZE, image: imageOf(0) });
  await scenario.stack.up();
});
after(() => bench?.close());

interface Case extends Moment {
  id: string;
  when: string;
  how: "killed" | "interrupted";
  most: { revert: number; third: number };
}

const cases: Case[] = [
  {
    id: "wait-green",
    phase: "WaitGreen",
    when: "before the switch",
    how: "interrupted",
    most: { revert: 0, third: 1 },
  },
  {
    id: "evacuate",
    phase: "Evacuate",
    and: partOfBlueDeleted,
    when: "with part of blue deleted",
    how: "killed",
    most: { revert: 2, third: 2 },
  },
  {
    id: "retire",
    phase: "Retire",
    when: "while the last of blue goes",
    how: "interrupted",
    most: { revert: 2, third: 2 },
  },
];

for (const { id, when, how, most, ...moment } of cases) {
  for (const to of ["revert", "third"] as const) {
    fault(
      {
        id: `mind-${to}-${id}`,
        title:
          to === "revert"
            ? `\`pulumi up\` ${how} ${when}, then the old spec: blue serves everybody again`
            : `\`pulumi up\` ${how} ${when}, then a third spec: everybody moves on to it`,
        deadlineSeconds: 300,
      },
      async ({ t, injected, handled }) => {
        const fleet = await connect(scenario);
        const blue = await selected(bench, scenario);
        await scenario.setImage(imageOf(serving + 1));
        const first = scenario.stack.startUp();
        const left = await reach(bench, scenario, first, moment);
        assert.equal(left.from, blue);
        await cut(first, how);

        if (to === "third") serving += 2;
        await scenario.setImage(imageOf(serving));
        const since = Date.now();
        injected();
        const stop = new AbortController();
        const away = to === "third" ? ((await selected(bench, scenario)) ?? null) : null;
        const second = scenario.stack.up();
        const back =
          to === "revert" ? servedAgain(bench, scenario, left.from, since, stop.signal) : undefined;
        const { output } = await second.finally(() => stop.abort());
        handled();

        const now = await eventually(
          () => selected(bench, scenario),
          (revision) => revision !== undefined,
        );
        t.diagnostic(
          `${to} after ${left.phase}: ` +
            (back ? `Service on blue again after ${await back} s, ` : `${away} -> ${now}, `) +
            `over after ${(Date.now() - since) / 1000} s`,
        );
        if (to === "revert") assert.equal(now, blue);
        else assert.ok(now !== left.from && now !== left.to, `${now} is the third revision`);
        const { lastRollout } = await scenario.stack.outputs();
        assert.match(JSON.stringify(lastRollout), /"verdict":"succeeded"/, output);
        await assertServes({ bench, scenario, fleet, t }, now ?? "", most[to]);
      },
    );
  }
}

function imageOf(index: number): string {
  return IMAGES[index % IMAGES.length] ?? "";
}

/** Interrupted twice, as by an impatient person, or killed with everything that it started. */
async function cut(run: PulumiRun, how: Case["how"]): Promise<void> {
  if (how === "killed") run.kill();
  else {
    run.interrupt();
    // Two signals at once may be one for whoever gets them.
    await sleep(300);
    run.interrupt();
  }
  await run.result;
  await scenario.stack.cancel();
}
