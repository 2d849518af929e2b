import { execFile } from "node:child_process";

/** What a short command printed, or why it could not run. */
export interface Executed {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** Runs a short command to its end (10 s at most); never throws. */
export function execute(file: string, args: string[], env: NodeJS.ProcessEnv): Promise<Executed> {
  return new Promise((done) => {
    execFile(file, args, { env, timeout: 10_000 }, (error, stdout, stderr) =>
      done({ ok: error === null, stdout, stderr: error && !stderr ? error.message : stderr }),
    );
  });
}
