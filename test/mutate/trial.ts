import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";

/** What a run of tests came to. */
export interface Trial {
  /** The first test that failed; undefined when all passed. */
  failed?: { file: string; title: string };
  /** End of the output of a run that ended without a verdict. */
  broken?: string;
  seconds: number;
}

/**
 * Runs test files of a folder in one process and ends it at the first failure. They are loaded by
 * an entry of their own, because `node --test` starts one process a file. A mutant that makes the
 * tests hang for `patienceSeconds` counts as noticed.
 */
export async function runTests(
  folder: string,
  files: string[],
  options: { env: Record<string, string>; patienceSeconds: number },
): Promise<Trial> {
  const began = Date.now();
  const entry = join(folder, "mutant-entry.ts");
  writeFileSync(entry, files.map((file) => `import "./${file.replace(/\.ts$/, "")}";\n`).join(""));
  const child = spawn(process.execPath, ["--import", "tsx", "--test-reporter=tap", entry], {
    cwd: folder,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let title: string | undefined;
  let file: string | undefined;
  let hangs = false;
  const tail: string[] = [];
  const read = (line: string): void => {
    tail.push(line);
    if (tail.length > 30) tail.shift();
    title ??= /^\s*not ok \d+ - (.*)$/.exec(line)?.[1];
    const place = title && /^\s*location: '(.*?):\d+:\d+'$/.exec(line)?.[1];
    if (!place || file) return;
    file = relative(folder, place);
    child.kill("SIGKILL");
  };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", read);
  }
  const timer = setTimeout(() => {
    hangs = true;
    child.kill("SIGKILL");
  }, options.patienceSeconds * 1000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearTimeout(timer);
  const seconds = (Date.now() - began) / 1000;
  if (hangs) return { failed: { file: files.join(", "), title: "(the tests hang)" }, seconds };
  if (title) return { failed: { file: file ?? files.join(", "), title }, seconds };
  return code === 0 ? { seconds } : { broken: tail.join("\n"), seconds };
}
