/**
 * Everything that a change needs, in the order in which it fails fastest: types, lint, units and
 * properties (with line coverage of the rules), then the sandbox end to end. The last line is
 * `N passed, N failed`.
 *
 * `npm test -- <part of a path> ...` runs only the matching test files, `'!<part>'` all others.
 */
import { bin, isWanted, Runner, testFiles } from "./support/runner";

const filters = process.argv.slice(2);

/** The rules must be covered line by line by the unit tests. */
const RULES = [
  "conditions",
  "decide",
  "drain",
  "goal",
  "holds",
  "leftovers",
  "look",
  "plan-drain",
  "preflight",
  "returns",
  "sides",
  "verdicts",
].map((name) => `components/rollout/${name}.ts`);

async function main(): Promise<void> {
  const runner = new Runner();
  const wanted = testFiles("test").filter((file) => isWanted(file, filters));
  const all = filters.length === 0;
  if (all) {
    await runner.check("types and build", "npm", ["run", "--silent", "build"]);
    await runner.check("types of tests", bin("tsc"), ["--noEmit", "-p", "tsconfig.json"]);
    await runner.check("eslint", bin("eslint"), ["."]);
    await runner.check("prettier", bin("prettier"), ["--check", "--log-level", "warn", "."]);
  }
  const within = (folder: string) => wanted.filter((file) => file.startsWith(`test/${folder}/`));
  const faults = within("faults").filter((file) => !file.startsWith("test/faults/model/"));
  const sandbox = within("sandbox");
  // A run of all has the faults on the model and those among the end-to-end tests; the others are `npm run test:faults`.
  const whole = [...within("e2e"), ...(all ? [] : faults)];
  const unit = wanted.filter((file) => ![...sandbox, ...within("e2e"), ...faults].includes(file));
  await runner.suite("unit", unit, 2, all ? RULES : []);
  await runner.suite("sandbox", sandbox, 1);
  // A real control plane and a fleet each: more than two would starve each other on two cores.
  await runner.suite("end to end", whole, 2);
  runner.finish();
}

void main();
