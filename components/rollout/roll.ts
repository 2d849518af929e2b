/** Create and update are one thing: bring the cluster to what the inputs say, from wherever it is. */
import { changesSince } from "./changes";
import type { Connection } from "./connect";
import { desiredOf } from "./desired";
import type { EngineOptions } from "./engine";
import type { EngineSink } from "./engine-log";
import { estimateParts, total } from "./estimate-parts";
import { initFailure, plainError } from "./failure";
import type { Credentials } from "../kubernetes/config";
import { siteOf, type RolloutInputs } from "./inputs";
import { outputsAfter, outputsOnFailure, type Outputs, type Seen } from "./outputs";
import { chooseRevision } from "./revision";
import type { RolloutRecord, RolloutResult, SetManifests, Site } from "./types";

/** What the provider needs from outside, so that tests can replace it. */
export interface Ports {
  connect(
    site: Site,
    credentials: Credentials,
    manifests: (revision: string, replicas: number) => SetManifests,
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
    const seen = await lookAgain(connection, stored);
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
  const { revision, hashVersion } = chooseRevision(inputs, [stored.active, stored.current?.to]);
  const desired = desiredOf(inputs, revision);
  const before = await cluster.observe({ preflight: false });
  const { record, observation } = await ports.runRollout({
    site: siteOf(inputs),
    desired,
    hashVersion,
    cluster,
    records,
    fence,
    clock: connection.clock,
    sink,
    estimateSeconds: total(estimateParts(before, desired, stored)),
  });
  if (olds?.applied && changesSince(olds.applied, inputs).some(isService)) {
    // The rules look at the listeners Service; a replaced dashboard Service lost its selector too.
    await cluster.act({ do: "select", revision });
  }
  return outputsAfter(inputs, { record, observation });
}

const isService = ({ path }: { path: string }) => path.startsWith("services.");

/** The record was saved before the error was thrown; the rest is best effort. */
async function lookAgain({ records, cluster }: Connection, stored: RolloutRecord): Promise<Seen> {
  const record = await records.load().catch(() => stored);
  const observation = await cluster.observe({ preflight: false }).catch(() => undefined);
  return { record, observation };
}
