import { runPlugin } from "../rpc/run-plugin";
import { randomService } from "./service";

void runPlugin(randomService());
