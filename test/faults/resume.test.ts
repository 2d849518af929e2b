/**
 * The resume matrix: every failpoint, killed there are the provider, the CLI, or both. Whatever was
 * under way, the next `pulumi up` ends as if nobody had been killed, and no client notices more.
 *
 * MATRIX=<words> runs only the cells whose names hold all of them: `MATRIX="upgrade cli evacuate|settings"`.
 */
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { builtFailpoints } from "../../sandbox/failpoints";
import type { Scenario } from "../../sandbox/scenario";
import { Bench } from "../e2e/support/cluster";
import { FLEET, PLACES, QUICK, Subject, type Change } from "./support/changes";
import { endState, madeAnew } from "./support/end-state";
import { fault } from "./support/fault";
import { cellsOf, nameOf, pointsWithout, table, type Cell, type Verdict } from "./support/matrix";
import { holdAt, strike } from "./support/strike";
import { assertNothingToDo, assertUnnoticed } from "./support/unnoticed";

/** Seconds from the kill to the end of the next `pulumi up`, on a machine that does other things too. */
const DEADLINE = 240;
const UP = ["up", "--yes", "--skip-preview"];
const DESTROY = ["destroy", "--yes", "--skip-preview"];

const filter = process.env.MATRIX ?? "";
const cells = cellsOf(PLACES, filter);
const results = new Map<Cell, Verdict>();
let bench: Bench;

before(async () => {
  bench = await Bench.open();
});
after(() => bench?.close());

test("the matrix has a cell for every failpoint and every victim", () => {
  const points = builtFailpoints().failpoints();
  assert.deepEqual(pointsWithout(PLACES, points), []);
  const all = cellsOf(PLACES).length;
  console.log(`resume matrix: ${points.length} failpoints, ${all} cells, ${cells.length} to run`);
});

const isBirth = ({ change }: Cell) => change === "create" || change === "destroy";
lifeAndDeath(cells.filter(isBirth));
changesOfOne(cells.filter((cell) => !isBirth(cell)));

test("the matrix is complete", () => {
  console.log(`\n${table(results)}\n`);
  const failed = [...results.values()].filter((verdict) => "failed" in verdict).length;
  console.log(`resume matrix: ${cells.length} cells, ${results.size} run, ${failed} failed`);
  assert.equal(results.size, cells.length, "no cell is skipped");
  assert.ok(filter !== "" || results.size === cellsOf(PLACES).length);
});

/** Registers a cell as a fault: injected by the kill, handled when the next command has ended. */
function cellTest(cell: Cell, body: (struck: () => void, done: () => void) => Promise<void>): void {
  const row = { id: `resume-${cell.victim}`, title: nameOf(cell), deadlineSeconds: DEADLINE };
  fault(row, async ({ injected, handled }) => {
    let from = 0;
    let to = 0;
    try {
      await body(
        () => ((from = Date.now()), injected()),
        () => ((to = Date.now()), handled()),
      );
      results.set(cell, { seconds: (to - from) / 1000 });
    } catch (error) {
      results.set(cell, { failed: String(error) });
      throw error;
    } finally {
      const verdict = results.get(cell);
      const text = verdict && "seconds" in verdict ? `${verdict.seconds.toFixed(1)} s` : "FAILED";
      console.log(`${results.size}/${cells.length} ${nameOf(cell)}: ${text}`);
    }
  });
}

/** A cluster that is made and removed again and again. */
function lifeAndDeath(mine: Cell[]): void {
  if (mine.length === 0) return;
  let scenario: Scenario;
  let made: unknown;
  let isThere = false;
  /** After a cell that failed nobody knows what is left. */
  let isClear = true;
  const destroy = () => scenario.stack.destroy(["--skip-preview"]);

  test("a cluster that is made undisturbed, to compare with", async () => {
    scenario = await bench.scenario("birth", { ...QUICK, cluster: "birth" });
    await scenario.stack.up(["--skip-preview"]);
    made = await endState(bench, scenario);
    isThere = true;
  });

  for (const cell of mine) {
    cellTest(cell, async (struck, done) => {
      const creates = cell.change === "create";
      if (!isClear) await scenario.stack.cancel().catch(() => undefined);
      if (creates && (isThere || !isClear)) await destroy();
      if (!creates && (!isThere || !isClear)) await scenario.stack.up(["--skip-preview"]);
      isClear = false;
      const held = await holdAt(bench, scenario, cell.point, creates ? UP : DESTROY);
      struck();
      await strike(bench, scenario, held, cell.victim);
      if (creates) await scenario.stack.up(["--skip-preview"]);
      else await destroy();
      done();
      isThere = creates;
      if (creates) {
        await assertNothingToDo(scenario);
        assert.deepEqual(madeAnew(await endState(bench, scenario)), madeAnew(made));
      } else {
        const left = (await bench.everythingIn("default")).filter((name) => name.includes("birth"));
        assert.deepEqual(left, []);
      }
      isClear = true;
    });
  }

  test("the cluster that was made and removed is removed", async () => {
    if (!isClear) await scenario.stack.cancel().catch(() => undefined);
    await destroy();
  });
}

/** One cluster with clients on it that is changed back and forth. */
function changesOfOne(mine: Cell[]): void {
  if (mine.length === 0) return;
  let subject: Subject;
  let scenario: Scenario;
  const expected = new Map<string, unknown>();
  let isClear = true;

  test("a cluster with a core and a replicant is there", async () => {
    scenario = await bench.scenario("resume", { ...QUICK, replicants: 1 });
    subject = new Subject(bench, scenario);
    await subject.begin();
    await undisturbed();
  });

  /** A `pulumi up` that nobody disturbs, whose end is what the others have to come to. */
  async function undisturbed(): Promise<void> {
    await scenario.stack.up(["--skip-preview"]);
    expected.set(subject.key, await endState(bench, scenario));
  }

  /** There is an undisturbed run to the same settings before there is one that is killed. */
  async function expectedAfter(change: Change): Promise<void> {
    if (await subject.prepare(change)) await undisturbed();
    if (expected.has(subject.keyAfter(change))) return;
    await subject.change(change);
    await undisturbed();
    if (change !== "grow" && change !== "shrink") await subject.change(change);
    else await subject.prepare(change);
    await undisturbed();
  }

  for (const cell of mine) {
    const change = cell.change as Change;
    cellTest(cell, async (struck, done) => {
      if (!isClear) {
        await scenario.stack.cancel().catch(() => undefined);
        await scenario.stack.up(["--skip-preview"]);
      }
      isClear = false;
      await expectedAfter(change);
      await subject.change(change);
      const fleet = await bench.connect(scenario, FLEET.clients, FLEET.offline, FLEET);
      const report = await scenario.measure(fleet, subject.imageName, {
        switches: change === "upgrade" || change === "promote",
        perform: async () => {
          const held = await holdAt(bench, scenario, cell.point, UP);
          struck();
          await strike(bench, scenario, held, cell.victim);
          await scenario.stack.up(["--skip-preview"]);
          done();
        },
      });
      await fleet.stop();
      assertUnnoticed(report);
      assert.deepEqual(await endState(bench, scenario), expected.get(subject.key));
      await assertNothingToDo(scenario);
      await bench.forgetSessions(scenario.watched);
      isClear = true;
    });
  }
}
