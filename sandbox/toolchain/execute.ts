import { execFile } from "node:child_process";

/** What a short command printed, or why it could not run. */
export interface Executed {
  ok: boolean;
  stdout: string;
  stderr: string;
}

export interface ExecuteOptions {
  cwd?: string;
  /** Default 10. */
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

/** Runs a command to its end; never throws. */
export function execute(
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  { cwd, timeoutSeconds = 10, signal }: ExecuteOptions = {},
): Promise<Executed> {
  const options = { cwd, env, signal, timeout: timeoutSeconds * 1000, maxBuffer: 64 * 2 ** 20 };
  return new Promise((done) => {
    execFile(file, args, options, (error, stdout, stderr) =>
      done({ ok: error === null, stdout, stderr: error && !stderr ? error.message : stderr }),
    );
  });
}
