/**
 * A random walk on the sandbox with the real Pulumi CLI, under load: upgrades, scalings, settings,
 * changes of mind, kills and accidents, one after the other. The invariants are checked at every
 * step, and between two steps nothing may be left over.
 *
 * `npm run soak -- --minutes N --seed S`; `--steps N`, `--keep`, `--clients N`, `--out FILE`,
 * `--replay FILE`, `--mutation ID` (docs/testing.md). Exit code 1 when an invariant was broken.
 */
import { diagnose } from "./diagnose";
import { Hands } from "./hands";
import { History, replay } from "./history";
import { judge } from "./judge";
import { measure } from "./measure";
import { mutatedBuild } from "./mutated-build";
import { soakOptions, type SoakOptions } from "./options";
import { perform } from "./perform";
import { unsettled, unsettledByUp } from "./settled";
import { Broken, Soak } from "./soak";
import { endOf, type Step } from "./step";
import { walk } from "./walk";

async function main(): Promise<void> {
  const options = soakOptions(process.argv.slice(2));
  const { seed, minutes, mutation, out } = options;
  console.log(`seed ${seed}, ${minutes} minutes, history in ${out}`);
  const mutant = mutation === undefined ? undefined : await mutatedBuild(mutation);
  const soak = await Soak.open({ clients: options.clients, project: mutant?.folder });
  const interrupted = (): void => void soak.close().finally(() => process.exit(130));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  let broken: string[];
  try {
    broken = await soaked(soak, options);
  } finally {
    if (options.keep) console.log(`The sandbox is kept in ${soak.bench.sandbox.dir}`);
    else await soak.close();
    mutant?.remove();
  }
  const caught = broken.length > 0;
  if (mutation !== undefined) console.log(`mutation ${mutation} ${caught ? "caught" : "SURVIVED"}`);
  process.exitCode = caught === (mutation !== undefined) ? 0 : 1;
}

/** Walks until the time is up, the steps are done or an invariant is broken; those that are. */
async function soaked(soak: Soak, options: SoakOptions): Promise<string[]> {
  const { seed, minutes } = options;
  const history = new History(options.out);
  const steps = options.replay === undefined ? walk(seed) : replay(options.replay);
  await soak.scenario.stack.up();
  const began = Date.now();
  let broken: string[] = [];
  for (const step of steps) {
    const end = history.begin(step);
    const result = await oneStep(soak, step);
    broken = result.broken;
    end(result.notes, broken);
    const over = Date.now() - began > minutes * 60_000 || history.steps >= options.steps;
    if (over || broken.length > 0) break;
  }
  if (broken.length > 0) {
    console.log(`\nAn invariant was broken.\n${broken.join("\n")}\n`);
    console.log(await diagnose(soak));
    console.log(
      `\nseed ${seed}; to walk it again: npm run soak -- --seed ${seed} --steps ${history.steps}`,
    );
  }
  console.log(`\nHistory of seed ${seed} (${options.out}):\n${history.text()}`);
  const verdict = broken.length === 0 ? "no invariant was broken" : "an invariant was broken";
  console.log(`\n${history.steps} steps, ${history.strikes} with a strike: ${verdict}`);
  return broken;
}

async function oneStep(soak: Soak, step: Step): Promise<{ notes: string[]; broken: string[] }> {
  const hands = new Hands(soak);
  const notes: string[] = [];
  const broken: string[] = [];
  try {
    const report = await measure(soak, step, async () => {
      await perform(soak, hands, step, notes);
      const left = await hands.tidy();
      if (left.length > 0) notes.push(`${left.length} left-over processes had to be ended`);
      broken.push(...(await unsettledByUp(soak)));
    });
    broken.push(...(await unsettled(soak, hands, endOf(step))), ...judge(step, report));
    const { maxDisconnectsPerClient: most, sessionsLost, qos1Lost, qos1Published } = report;
    notes.push(
      `${most} disconnects at most, ${sessionsLost} sessions and ${qos1Lost} of ${qos1Published} messages lost`,
    );
  } catch (error) {
    if (error instanceof Broken) broken.push(...error.lines);
    else broken.push(`the step failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
  return { notes, broken };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
