import { engineLog } from "../rpc/engine-log";
import { serve } from "../rpc/serve";
import { kubernetesService } from "./service";

// Pulumi starts a plugin with the engine's address last and reads the port from the first line.
void serve(kubernetesService(engineLog(process.argv[2]))).then(({ port }) => {
  process.stdout.write(`${port}\n`);
});
