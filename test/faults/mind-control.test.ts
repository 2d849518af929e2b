import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetProcess } from "../../sandbox/load/process";
import { writesSince } from "../../sandbox/measure/audit";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, ROLLOUT } from "../e2e/support/cluster";
import { rolloutOf } from "../e2e/support/faults";
import { fault } from "./support/fault";
import {
  assertSeen,
  assertServes,
  connect,
  Lines,
  order,
  RATE,
  reach,
  SEEN_SECONDS,
  selected,
  SIZE,
} from "./support/mind";

const lines = new Lines();
let bench: Bench;
let scenario: Scenario;

before(async () => {
  bench = await Bench.open();
  // Slower than the others, so that a pause catches the evacuation.
  const sizes = { ...SIZE, connEvictRate: Math.ceil(RATE / 2), onLine: lines.onLine };
  scenario = await bench.scenario("control", sizes);
  await scenario.stack.up();
});
after(() => bench?.close());

fault(
  {
    id: "mind-pause",
    title: "a pause during the evacuation stops every write of the rollout, until it is resumed",
    deadlineSeconds: 60,
  },
  async ({ t, injected, handled }) => {
    await scenario.setImage("emqx/emqx:6.0.2");
    const fleet = await connect(scenario);
    const run = scenario.stack.startUp();
    const { to } = await reach(bench, scenario, run, { phase: "Evacuate" });

    const paused = await order(bench, scenario, "pause");
    injected();
    const seen = await lines.first(paused, /paused by annotation/);
    handled();
    await sleep(SEEN_SECONDS * 1000);
    const quietFrom = Date.now();
    await sleep(10_000);
    const written = writesSince(bench.sandbox.auditLog, quietFrom, ROLLOUT)
      .filter(({ object }) => !object.startsWith("leases "))
      .map(({ verb, object }) => `${verb} ${object}`);
    assert.deepEqual(written, [], "nothing but the lease is written while it is paused");
    const rollout = await rolloutOf(bench.api, scenario);
    assert.equal(rollout?.phase, "Evacuate");

    const resumed = await order(bench, scenario, "resume");
    const again = await lines.first(resumed, /Evacuating \d\/3 · \d+%|Removing the old nodes/);
    const { code, output } = await run.result;
    assert.equal(code, 0, output);
    assertSeen(t, "pause", paused, seen.t);
    assertSeen(t, "resume", resumed, again.t);
    await assertServes({ bench, scenario, fleet, t }, to, 1);
  },
);

fault(
  {
    id: "mind-gate",
    title: "a manual gate waits for the annotation `promote`, and says so",
    deadlineSeconds: 60,
  },
  async ({ t, injected, handled }) => {
    await scenario.setSpec({ updateStrategy: { gate: "manual" } });
    await scenario.setImage("emqx/emqx:6.1.0");
    const fleet = await connect(scenario);
    const blue = await selected(bench, scenario);
    const since = Date.now();
    const run = scenario.stack.startUp();
    const { to } = await reach(bench, scenario, run, { phase: "Gate" });
    await lines.first(since, /Waiting for a person: annotation emqx.io\/rollout-control: promote/);
    await sleep(3000);
    assert.equal(await selected(bench, scenario), blue, "blue serves while the gate is closed");
    assert.deepEqual(await cut(fleet), []);

    const promoted = await order(bench, scenario, "promote");
    injected();
    while ((await selected(bench, scenario)) !== to) await sleep(50);
    handled();
    assertSeen(t, "promote", promoted, Date.now());
    const { code, output } = await run.result;
    assert.equal(code, 0, output);
    await assertServes({ bench, scenario, fleet, t }, to, 1);
  },
);

const cut = async (fleet: FleetProcess): Promise<unknown[]> => (await fleet.figures()).disconnects;
