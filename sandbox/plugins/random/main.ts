import { serve } from "../rpc/serve";
import { randomService } from "./service";

// Pulumi reads the port from the first line.
void serve(randomService()).then(({ port }) => {
  process.stdout.write(`${port}\n`);
});
