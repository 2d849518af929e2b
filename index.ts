import { EmqxCluster } from "./components";
import { clusterOfStack } from "./stack-args";

const { name, args } = clusterOfStack();
const emqx = new EmqxCluster(name, args);

export const { listenersService, dashboardService, dashboardUrl, adminPassword } = emqx;
export const { currentRevision, status, lastRollout, configDrift } = emqx;
