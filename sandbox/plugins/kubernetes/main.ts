import { engineLog } from "../rpc/engine-log";
import { runPlugin } from "../rpc/run-plugin";
import { kubernetesService } from "./service";

// Pulumi gives the engine's address as the argument.
void runPlugin(kubernetesService(engineLog(process.argv[2])));
