import { log } from "./log";
import { EmqxNode } from "./node";
import { readSettings } from "./settings/settings";
import { V4Node } from "./v4/node";
import { readV4Settings } from "./v4/settings";

/** Ends the process the way a container's failed EMQX does. */
function fail(error: unknown): never {
  if (error instanceof Error && error.stack) log("error", error.stack);
  // Last, where whoever reads the end of a log finds it.
  log("error", `the node has to stop: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

async function main(): Promise<void> {
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  const v4 = readV4Settings(process.env);
  const node = v4 ? new V4Node(v4) : new EmqxNode(readSettings(process.env));
  const stop = (): void => {
    void node.stop().then(() => setTimeout(() => process.exit(0), 20));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await node.start();
}

main().catch(fail);
