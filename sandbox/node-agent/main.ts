import { startAgent } from "./agent";
import { readOptions } from "./options";

/** Entry of the node agent's process: see docs/sandbox.md. */
async function main(): Promise<void> {
  const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  const agent = await startAgent(readOptions(process.argv.slice(2), process.env), log);
  log(`ready, kubelet server on 127.0.0.1:${agent.port}`);
  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    log(`${signal}: ending all pods`);
    agent.stop().then(
      () => process.exit(0),
      (error) => {
        log(`stop failed: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

process.on("unhandledRejection", (error) => {
  process.stderr.write(`unhandled: ${error instanceof Error ? error.stack : String(error)}\n`);
});

main().catch((error) => {
  process.stderr.write(`The node agent could not start: ${(error as Error).message}\n`);
  process.exit(1);
});
