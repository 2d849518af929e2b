import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { serve } from "./serve";

/** How often a plugin looks whether its CLI still lives, in ms. */
const PARENT_CHECK = 1000;

/** Serves a plugin as Pulumi expects it: the port on the first line, and no life without the CLI. */
export async function runPlugin(implementation: UntypedServiceImplementation): Promise<void> {
  const parent = process.ppid;
  const { port } = await serve(implementation);
  process.stdout.write(`${port}\n`);
  // A CLI that is killed ends its plugins no more; nobody should have to clean up after a test.
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, PARENT_CHECK);
}
