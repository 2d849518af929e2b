import { textAt, type JsonObject } from "../rpc/json";
import type { Cluster } from "./cluster";
import { isAnnotated, kindOf, parseId, objectId } from "./kinds";
import { readiness } from "./readiness";
import { until, type Patience } from "./wait";
import { waitForAnnotation } from "./wait-for";

/** Where an object stands after the wait; `failures` is empty if it is ready. */
export interface Awaited {
  live: JsonObject;
  failures: string[];
}

/** Waits until an object does its work, by its kind's rule or its annotations'. */
export async function awaitReady(
  cluster: Cluster,
  written: JsonObject,
  inputs: JsonObject,
  patience: Patience,
  say: (line: string) => void,
): Promise<Awaited> {
  if (isAnnotated(inputs, "skipAwait")) return { live: written, failures: [] };
  let live = written;
  let missing: string[] = [];
  let fingerprint: string | undefined;
  let quietSince = 0;
  const isReady = async (): Promise<boolean> => {
    const custom = waitForAnnotation(live, inputs);
    const state =
      custom === undefined
        ? await readiness(cluster, live)
        : { missing: custom, fingerprint: "", settle: 0 };
    if (state.fingerprint !== fingerprint) quietSince = Date.now();
    fingerprint = state.fingerprint;
    missing = state.missing;
    if (missing.length === 0 && Date.now() - quietSince >= state.settle) return true;
    say(missing[0] ?? "[1/3] Finding Pods to direct traffic to");
    return false;
  };
  const done = await until(patience, async () => {
    if (await isReady()) return true;
    const { namespace, name } = parseId(objectId(live));
    live = await cluster.get(kindOf(live, ""), namespace, name);
    return false;
  });
  if (done) return { live, failures: [] };
  const name = textAt(live, "metadata", "name") ?? "";
  return { live, failures: [`'${name}' timed out waiting to be Ready`, ...missing] };
}
