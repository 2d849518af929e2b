import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { killAll, processTree } from "./process-tree";

export interface PulumiOptions {
  /** Folder of the Pulumi project. */
  cwd: string;
  /** A sandbox's `env`. */
  env: Record<string, string>;
  /** Every line of stdout and stderr, without colours. */
  onLine?: (line: string) => void;
  /** Text for stdin, for example a secret's value. */
  input?: string;
  /** Kills the command with all its processes. */
  signal?: AbortSignal;
}

export interface PulumiResult {
  /** Exit code, null after a signal. */
  code: number | null;
  /** stdout and stderr as they came, without colours. */
  output: string;
  seconds: number;
}

/** A Pulumi command under way. */
export interface PulumiRun {
  /** The CLI's process; undefined when it could not be started. */
  pid: number | undefined;
  /** Never rejects because of an exit code. */
  result: Promise<PulumiResult>;
  /** SIGKILL for the CLI and everything that it started: language host, program, providers. */
  kill(): void;
  /** As Ctrl-C: the CLI lets the running operation finish. */
  interrupt(): void;
}

/** Starts `pulumi` with the given arguments. */
export function startPulumi(args: string[], options: PulumiOptions): PulumiRun {
  options.signal?.throwIfAborted();
  const began = Date.now();
  const child = spawn("pulumi", [...args, "--non-interactive"], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env, NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
    // Its own group: Ctrl-C in a terminal reaches only us, and we decide what it means.
    detached: true,
  });
  child.stdin.on("error", () => {}).end(options.input ?? "");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Infinity }).on("line", (coloured) => {
      const line = stripVTControlCharacters(coloured);
      output += `${line}\n`;
      options.onLine?.(line);
    });
  }
  const kill = (): void => {
    // The tree is read before anybody is killed: orphans no longer tell where they came from.
    if (child.pid !== undefined && child.exitCode === null) killAll(processTree(child.pid));
  };
  options.signal?.addEventListener("abort", kill);
  const result = new Promise<PulumiResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, seconds: (Date.now() - began) / 1000 }));
  }).finally(() => options.signal?.removeEventListener("abort", kill));
  return { pid: child.pid, result, kill, interrupt: () => void child.kill("SIGINT") };
}

/** Runs `pulumi` to its end; throws with the end of its output when it fails. */
export async function pulumi(args: string[], options: PulumiOptions): Promise<PulumiResult> {
  const result = await startPulumi(args, options).result;
  options.signal?.throwIfAborted();
  if (result.code === 0) return result;
  const tail = result.output.trim().split("\n").slice(-40).join("\n");
  throw new Error(
    `Expected \`pulumi ${args.join(" ")}\` to succeed, but it ended with code ${result.code}:\n${tail}`,
  );
}

/** Counts of the line block `Resources:` that ends an update or preview. */
export interface ResourceCounts {
  create: number;
  update: number;
  delete: number;
  replace: number;
  same: number;
}

/** Reads the `Resources:` block: `+ 3 to create`, `~ 1 updated`, `12 unchanged`, ... */
export function resourceCounts(output: string): ResourceCounts {
  const block = output.slice(output.lastIndexOf("\nResources:") + 1);
  const count = (words: string): number =>
    Number(new RegExp(`(\\d+) (?:${words})\\b`).exec(block)?.[1] ?? 0);
  return {
    create: count("to create|created"),
    update: count("to update|updated"),
    delete: count("to delete|deleted"),
    replace: count("to replace|replaced"),
    same: count("unchanged"),
  };
}

/** Seconds of the plan's line `estimate 92 s: ...` in a preview's output. */
export function estimateOf(output: string): number | undefined {
  const match = /\bestimate (\d+(?:\.\d+)?) s\b/.exec(output);
  return match ? Number(match[1]) : undefined;
}
