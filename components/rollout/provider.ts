/**
 * The boundary with Pulumi: the seven methods that the serialised shim of `resource.ts` calls.
 * Nothing is remembered between calls but the stack's configuration; everything else comes from
 * inputs, outputs and the cluster.
 */
import { connect } from "./connect";
import { runRollout } from "./engine";
import { engineSink } from "./engine-log";
import { createMonitoringProvider } from "../monitoring/provider";
import { createOwnershipProvider } from "../ownership/provider";
import { engineWatch } from "./orphan";
import { createProvider } from "./provider-methods";

engineWatch();

const provider = createProvider({ connect, runRollout, sink: engineSink });

export const { configure, check, diff, create, read, update } = provider;
const remove = provider.delete;
export { remove as delete };

/** The same seven methods for the resource of `monitoring/resource.ts`. */
export const monitoring = createMonitoringProvider();

/** Those of `ownership/resource.ts`. */
export const ownership = createOwnershipProvider();
