import { readFileSync } from "node:fs";
import { formatStatus, shellExports, usage } from "./control-plane/cli-text";
import { parseArguments, UsageError, type Command } from "./control-plane/cli-arguments";
import { sandboxAttach, sandboxDown, sandboxStatus, sandboxUp } from "./sandbox";
import { SandboxError } from "./toolchain/sandbox-error";

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(command: Command): Promise<number> {
  switch (command.name) {
    case "help":
      print(usage);
      return 0;
    case "up":
      return up(command);
    case "down":
      await sandboxDown({ purge: command.purge });
      print(
        command.purge
          ? "The sandbox is stopped and its folder removed."
          : "The sandbox is stopped.",
      );
      return 0;
    case "status": {
      const status = await sandboxStatus();
      print(formatStatus(status));
      return status.phase === "broken" ? 1 : 0;
    }
    case "kubeconfig":
      process.stdout.write(readFileSync((await sandboxAttach()).kubeconfig, "utf8"));
      return 0;
    case "env":
      print(await exportLines());
      return 0;
  }
}

/** For people, who look at everything and try anything: with all rights. */
async function exportLines(): Promise<string> {
  const { env, kubeconfig } = await sandboxAttach();
  return shellExports({ ...env, KUBECONFIG: kubeconfig });
}

async function up(command: Command): Promise<number> {
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  await sandboxUp({ port: command.port, log: print, signal: interrupt.signal });
  print('Use it in this shell: eval "$(npm run --silent sandbox -- env)"');
  return 0;
}

async function main(): Promise<number> {
  try {
    return await run(parseArguments(process.argv.slice(2)));
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${usage}\n`);
      return 2;
    }
    const text =
      error instanceof SandboxError
        ? `error ${error.code}: ${error.message}`
        : (error as Error).stack;
    process.stderr.write(`${text}\n`);
    return 1;
  }
}

void main().then((code) => (process.exitCode = code));
