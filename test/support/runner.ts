/** Runs test files in suites and adds up their verdicts, for the commands of this folder's parent. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

export const root = join(__dirname, "..", "..");
export const bin = (name: string) => join(root, "node_modules", ".bin", name);

export class Runner {
  readonly scratch = mkdtempSync(join(tmpdir(), "pulumi-emqx-test-"));
  private passed = 0;
  private failed = 0;

  /** A check without test files, such as a linter. */
  async check(title: string, command: string, args: string[]): Promise<void> {
    const started = Date.now();
    const code = await execute(command, args);
    if (code === 0) this.passed += 1;
    else this.failed += 1;
    console.log(`${code === 0 ? "ok" : "FAILED"}  ${title} (${seconds(started)} s)`);
  }

  /** `cover`: files of which every line must be run by these tests. */
  async suite(
    title: string,
    files: string[],
    concurrency: number,
    cover: string[] = [],
  ): Promise<void> {
    if (files.length === 0) return;
    console.log(`\n== ${title}: ${files.length} files`);
    const started = Date.now();
    const tap = join(this.scratch, `${title.replaceAll(" ", "-")}.tap`);
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
    const include = cover.flatMap((file) => ["--include", file]);
    const measure = ["--temp-directory", join(this.scratch, "coverage"), ...lines, ...include];
    const [command, ...args] = cover.length > 0 ? [bin("c8"), ...measure, ...test] : test;
    const code = await execute(command ?? "", args);
    const counts = readTap(tap);
    this.passed += counts.pass;
    this.failed += counts.fail;
    // A runner that dies, or coverage that is missed, leaves no failed test behind.
    if (code !== 0 && counts.fail === 0) this.failed += 1;
    console.log(
      `== ${title}: ${counts.pass} passed, ${counts.fail} failed (${seconds(started)} s)`,
    );
  }

  /** Prints the verdict as the last line and sets the exit code. */
  finish(): void {
    rmSync(this.scratch, { recursive: true, force: true });
    console.log(`\n${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed > 0 ? 1 : 0;
  }
}

/** All test files under a folder of the repository, relative to its root, sorted. */
export function testFiles(folder: string): string[] {
  return walk(join(root, folder))
    .map((file) => relative(root, file))
    .sort();
}

/**
 * Whether a file is among those that the arguments of a command ask for: it contains every part,
 * and none of those after a `!`.
 */
export function isWanted(file: string, filters: string[]): boolean {
  return filters.every((part) =>
    part.startsWith("!") ? !file.includes(part.slice(1)) : file.includes(part),
  );
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.name.endsWith(".test.ts") ? [path] : [];
  });
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

const seconds = (since: number): number => Math.round((Date.now() - since) / 1000);
