/**
 * Every fault of docs/faults.md, injected: on the model with a virtual clock where timing is the
 * point, on the sandbox otherwise. Ends with a table of deadlines and times, then `N passed, N failed`.
 *
 * `npm run test:faults -- <part of a path> ...` runs only the matching test files, `'!<part>'` all others.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FaultResult } from "./faults/support/fault";
import { isWanted, Runner, testFiles } from "./support/runner";

const filters = process.argv.slice(2);

async function main(): Promise<void> {
  const runner = new Runner();
  const report = join(runner.scratch, "faults.jsonl");
  process.env.PULUMI_EMQX_FAULTS_REPORT = report;
  const wanted = testFiles("test/faults").filter((file) => isWanted(file, filters));
  await runner.check("types and build", "npm", ["run", "--silent", "build"]);
  const model = wanted.filter((file) => file.startsWith("test/faults/model/"));
  await runner.suite("faults on the model", model, 2);
  // A real control plane and a fleet each: more than two would starve each other on two cores.
  await runner.suite(
    "faults on the sandbox",
    wanted.filter((file) => !model.includes(file)),
    2,
  );
  console.log(`\n${table(report)}`);
  runner.finish();
}

/** One line a fault: identifier, seconds allowed and taken, verdict. */
function table(report: string): string {
  if (!existsSync(report)) return "no fault was injected";
  const results = readFileSync(report, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as FaultResult);
  const rows = results.map(({ id, deadlineSeconds, seconds, passed }) => [
    id,
    `${deadlineSeconds} s`,
    seconds === null ? "-" : `${seconds} s`,
    passed ? "ok" : "FAILED",
  ]);
  const lines = [["fault", "allowed", "taken", "verdict"], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .join("\n");
}

void main();
