/**
 * Makes one mistake after the other in the rules of an upgrade, each in a copy of the sources, and
 * runs the rules' tests against it: the units first, then the random stories. A mistake that no
 * test notices is a test that is missing. The last line is `N killed, N survived`.
 *
 * `npm run mutate -- <part of an id> ...` tries only those; `--properties` leaves the units out,
 * `--cases N` and `--seed S` choose the random stories.
 */
import { parseArgs } from "node:util";
import { MUTATIONS } from "./mutate/list";
import type { Mutation } from "./mutate/mutation";
import { Scratch } from "./mutate/scratch";
import { runTests, type Trial } from "./mutate/trial";

const tests = (...names: string[]) => names.map((name) => `test/rollout/${name}.test.ts`);
const RULES = tests(
  "decide",
  "drain",
  "plan-drain",
  "holds",
  "returns",
  "preflight",
  "roles",
  "mutants",
  "strays",
);
/** After the rules: a mutant may make the engine turn for ever. */
const ENGINE = tests("engine");
const PROPERTIES = tests("properties");

/** More would starve each other on the two cores of a usual runner. */
const WORKERS = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    properties: { type: "boolean", default: false },
    cases: { type: "string", default: "400" },
    seed: { type: "string", default: "20261121" },
  },
});
const stages = values.properties ? [PROPERTIES] : [RULES, ENGINE, PROPERTIES];
const env = { SEED: values.seed, CASES: values.cases };

async function main(): Promise<void> {
  const wanted = MUTATIONS.filter(
    ({ id }) => positionals.length === 0 || positionals.some((part) => id.includes(part)),
  );
  const scratches = Array.from({ length: Math.min(WORKERS, wanted.length) }, () => new Scratch());
  try {
    for (const mutation of wanted) scratches[0]?.apply(mutation)();
    const queue = [...wanted];
    const results: (Trial & { id: string })[] = [];
    const first = scratches[0];
    if (!first) throw new Error(`Expected part of a mutation's id, got ${positionals.join(", ")}.`);
    const sound = await trial(first, 3600);
    // A slow machine must not look like tests that hang.
    const patience = 120 + 10 * sound.seconds;
    if (sound.failed || sound.broken) throw new Error(unsound(sound));
    console.log(`${wanted.length} mutations; the tests pass without (${round(sound.seconds)} s)\n`);
    await Promise.all(
      scratches.map(async (scratch) => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          const result = await mutant(scratch, next, patience);
          results.push({ ...result, id: next.id });
          console.log(line(next, result));
        }
      }),
    );
    const broken = results.filter((result) => result.broken);
    const survived = results.filter((result) => !result.failed && !result.broken).length;
    const killed = results.length - survived - broken.length;
    if (broken.length > 0) console.log(`\n${broken.length} did not run, see above`);
    console.log(`\n${killed} killed, ${survived} survived`);
    process.exitCode = killed === wanted.length ? 0 : 1;
  } finally {
    for (const scratch of scratches) scratch.remove();
  }
}

async function mutant(scratch: Scratch, mutation: Mutation, patience: number): Promise<Trial> {
  const revert = scratch.apply(mutation);
  try {
    return await trial(scratch, patience);
  } finally {
    revert();
  }
}

/** All stages, until one notices. */
async function trial({ folder }: Scratch, patienceSeconds: number): Promise<Trial> {
  let seconds = 0;
  for (const files of stages) {
    const result = await runTests(folder, files, { env, patienceSeconds });
    seconds += result.seconds;
    if (result.failed || result.broken) return { ...result, seconds };
  }
  return { seconds };
}

function line({ id, file, breaks }: Mutation, { failed, broken, seconds }: Trial): string {
  const where = file.replace("components/rollout/", "");
  const what = `${id.padEnd(38)} ${where.padEnd(14)} ${round(seconds).padStart(5)} s`;
  if (broken) return `BROKEN    ${what}\n${broken}`;
  if (!failed) return `SURVIVED  ${what}  ${breaks}`;
  return `killed    ${what}  ${failed.file.replace("test/rollout/", "")}: ${failed.title}`;
}

function unsound({ failed, broken }: Trial): string {
  const what = failed ? `${failed.file}: ${failed.title}` : broken;
  return `Expected the tests to pass without a mutation, but they fail:\n${what}`;
}

const round = (seconds: number): string => seconds.toFixed(1);

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
