/** Create and update are one thing: bring the cluster to what the inputs say, from wherever it is. */
import type { Connection, Declared } from "./connect";
import { aimOf } from "./desired";
import type { EngineOptions } from "./engine";
import type { EngineSink } from "./engine-log";
import { estimateParts, total } from "./estimate-parts";
import { initFailure, plainError } from "./failure";
import type { Credentials } from "../kubernetes/config";
import { goalOf, isIn } from "./goal";
import { driftToMend } from "./hot-keys";
import { siteOf, type RolloutInputs } from "./inputs";
import { outputsAfter, outputsOnFailure, type Outputs, type Seen } from "./outputs";
import type {
  Action,
  ConfigDrift,
  Desired,
  Observation,
  RolloutRecord,
  RolloutResult,
  Site,
} from "./types";

/** What the provider needs from outside, so that tests can replace it. */
export interface Ports {
  connect(
    site: Site,
    credentials: Credentials,
    declared: Declared,
    sink: EngineSink,
  ): Promise<Connection>;
  runRollout(options: EngineOptions): Promise<RolloutResult>;
  sink(urn?: string): EngineSink;
}

export const idOf = ({ namespace, name }: { namespace: string; name: string }) =>
  `${namespace}/${name}`;

export interface RollOptions {
  inputs: RolloutInputs & { __provider?: unknown };
  olds?: Outputs;
  ports: Ports;
  open: (sink: EngineSink) => Promise<Connection>;
}

export async function roll({ inputs, olds, ports, open }: RollOptions): Promise<Outputs> {
  const sink = ports.sink(inputs.__urn);
  let connection: Connection | undefined;
  let stored: RolloutRecord | undefined;
  try {
    connection = await open(sink);
    stored = await connection.records.load();
    return await rollOn(connection, stored, inputs, ports, sink, olds);
  } catch (error) {
    // Before the first contact nothing can have changed: Pulumi keeps its state as it is.
    if (!connection || !stored) throw plainError(error);
    // What was set by hand may be so still.
    const seen = { ...(await lookAgain(connection, stored)), drift: olds?.configDrift };
    const outputs = outputsOnFailure(inputs, olds?.applied ?? null, seen);
    throw initFailure(error, idOf(inputs), outputs, inputs.__provider);
  } finally {
    await connection?.close().catch(() => undefined);
    await sink.close();
  }
}

async function rollOn(
  connection: Connection,
  stored: RolloutRecord,
  inputs: RolloutInputs,
  ports: Ports,
  sink: EngineSink,
  olds?: Outputs,
): Promise<Outputs> {
  const { cluster, records, fence } = connection;
  const { desired, hashVersion } = aimOf(inputs, [stored.active, stored.current?.to]);
  const before = await cluster.observe({ preflight: false });
  const drift = driftToMend(olds?.configDrift, inputs);
  const options: EngineOptions = {
    site: siteOf(inputs),
    desired,
    hashVersion,
    cluster,
    records,
    fence,
    clock: connection.clock,
    sink,
    estimateSeconds: total(estimateParts(before, desired, stored)),
  };
  const setBack = (seen: Observation) =>
    drift.length > 0 && isAlone(seen, desired) ? reconfigure(seen) : undefined;
  // What is declared has not changed, so the rules would see nothing to do.
  let first = setBack(before);
  let result = await ports.runRollout({ ...options, first });
  if (!first) {
    first = setBack(result.observation);
    if (first) result = await ports.runRollout({ ...options, first });
  }
  if (first) for (const each of drift) sink.milestone(setBackLine(each));
  return outputsAfter(inputs, result);
}

/** A cluster of mixed releases takes no cluster-wide change, and an old one may not know a new setting. */
const isAlone = ({ sets }: Observation, desired: Desired): boolean =>
  sets.length > 0 && sets.every((set) => isIn(goalOf(desired), set.role, set.revision));

/** What was set by hand goes back to what is declared. */
function reconfigure({ sets, nodes }: Observation): Action | undefined {
  const revisions = sets.filter(({ deleting }) => !deleting).map(({ revision }) => revision);
  const via = nodes.filter(({ reachable, terminating }) => reachable && !terminating);
  if (via.length === 0) return undefined;
  return { do: "configure", revisions, via: via.map(({ pod }) => pod) };
}

const setBackLine = ({ key, declared, found }: ConfigDrift): string =>
  `config ${key}: set back from ${found} to ${declared}`;

/** The record was saved before the error was thrown; the rest is best effort. */
async function lookAgain(connection: Connection, stored: RolloutRecord): Promise<Seen> {
  const snapshot = await connection.snapshot().catch(() => undefined);
  return snapshot ?? { record: await connection.records.load().catch(() => stored) };
}
