import { log } from "./log";
import { EmqxNode } from "./node";
import { readSettings } from "./settings/settings";

/** Ends the process the way a container's failed EMQX does. */
function fail(error: unknown): never {
  log("error", error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}

async function main(): Promise<void> {
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  const node = new EmqxNode(readSettings(process.env));
  const stop = (): void => {
    void node.stop().then(() => setTimeout(() => process.exit(0), 20));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await node.start();
}

main().catch(fail);
