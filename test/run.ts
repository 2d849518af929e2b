/**
 * Everything that a change needs, in the order in which it fails fastest: types, lint, units and
 * properties (with line coverage of the rules), then the sandbox end to end. The last line is
 * `N passed, N failed`.
 *
 * `npm test -- <part of a path> ...` runs only the matching test files.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const root = join(__dirname, "..");
const bin = (name: string) => join(root, "node_modules", ".bin", name);
const filters = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "pulumi-emqx-test-"));

/** The rules must be covered line by line by the unit tests. */
const RULES = ["decide", "drain", "look", "sides", "goal", "plan-drain", "preflight"].map(
  (name) => `components/rollout/${name}.ts`,
);

let passed = 0;
let failed = 0;

async function main(): Promise<void> {
  const files = testFiles(join(root, "test")).map((file) => relative(root, file));
  const wanted = files.filter((file) => filters.every((filter) => file.includes(filter)));
  if (filters.length === 0) {
    await check("types and build", "npm", ["run", "--silent", "build"]);
    await check("types of tests", bin("tsc"), ["--noEmit", "-p", "tsconfig.json"]);
    await check("eslint", bin("eslint"), ["."]);
    await check("prettier", bin("prettier"), ["--check", "--log-level", "warn", "."]);
  }
  const unit = wanted.filter((file) => !/^test\/(sandbox|e2e|faults)\//.test(file));
  const sandbox = wanted.filter((file) => file.startsWith("test/sandbox/"));
  const whole = wanted.filter((file) => /^test\/(e2e|faults)\//.test(file));
  await suite("unit", unit, 2, filters.length === 0);
  // Real sockets, a real control plane: one file at a time, so that none starves the others.
  await suite("sandbox", sandbox, 1);
  await suite("end to end", whole, 1);
  rmSync(scratch, { recursive: true, force: true });
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function check(title: string, command: string, args: string[]): Promise<void> {
  const started = Date.now();
  const code = await execute(command, args);
  if (code === 0) passed += 1;
  else failed += 1;
  console.log(`${code === 0 ? "ok" : "FAILED"}  ${title} (${seconds(started)} s)`);
}

async function suite(
  title: string,
  files: string[],
  concurrency: number,
  coverage = false,
): Promise<void> {
  if (files.length === 0) return;
  console.log(`\n== ${title}: ${files.length} files`);
  const started = Date.now();
  const tap = join(scratch, `${title.replaceAll(" ", "-")}.tap`);
  const test = [
    process.execPath,
    "--import",
    "tsx",
    "--test",
    `--test-concurrency=${concurrency}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${tap}`,
    ...files,
  ];
  const lines = ["--check-coverage", "--lines", "100", "--reporter", "text"];
  const include = RULES.flatMap((file) => ["--include", file]);
  const measure = ["--temp-directory", join(scratch, "coverage"), ...lines, ...include];
  const [command, ...args] = coverage ? [bin("c8"), ...measure, ...test] : test;
  const code = await execute(command ?? "", args);
  const counts = readTap(tap);
  passed += counts.pass;
  failed += counts.fail;
  // A runner that dies, or coverage that is missed, leaves no failed test behind.
  if (code !== 0 && counts.fail === 0) failed += 1;
  console.log(`== ${title}: ${counts.pass} passed, ${counts.fail} failed (${seconds(started)} s)`);
}

function readTap(file: string): { pass: number; fail: number } {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { pass: 0, fail: 0 };
  }
  const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)`, "m").exec(text)?.[1] ?? 0);
  return { pass: count("pass"), fail: count("fail") + count("cancelled") };
}

function execute(command: string, args: string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", (error) => {
      console.log(String(error));
      resolve(1);
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(path);
      return entry.name.endsWith(".test.ts") ? [path] : [];
    })
    .sort();
}

const seconds = (since: number): number => Math.round((Date.now() - since) / 1000);

void main();
