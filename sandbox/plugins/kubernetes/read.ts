import { objectAt, textAt, type JsonObject } from "../rpc/json";
import { copySecretness, reveal } from "../rpc/properties";
import { InitFailed } from "../rpc/init-failed";
import { ApiError } from "./api-client";
import { checkpoint, savedInputs, savedState } from "./checkpoint";
import { NoMatchError } from "./cluster";
import { isAnnotated, kindOf, objectId, parseId } from "./kinds";
import { prune } from "./prune";
import { readiness } from "./readiness";
import type { Outcome, Session } from "./session";

/** What a Read request holds: of a refresh, or of an import (then without state and inputs). */
export interface ReadCall {
  urn: string;
  id: string;
  properties: JsonObject;
  inputs: JsonObject;
}

/** A read object; `inputs` is how a program would have to be written to get it. */
export interface ReadOutcome extends Outcome {
  inputs: JsonObject;
}

/** Reads an object; `undefined` if it is gone. A Service or workload that is not ready fails. */
export async function read(call: ReadCall, session: Session): Promise<ReadOutcome | undefined> {
  const saved = Object.keys(call.inputs).length > 0 ? call.inputs : savedInputs(call.properties);
  const oldInputs = reveal(saved);
  const { fieldManager } = savedState(call.properties);
  const { namespace, name } = parseId(call.id);
  const kind = kindOf(oldInputs, call.urn);
  return session.use(async (cluster) => {
    let live: JsonObject;
    try {
      live = await cluster.get(kind, namespace, name);
    } catch (error) {
      const gone = error instanceof ApiError && error.status === 404;
      if (gone || error instanceof NoMatchError) return undefined;
      throw error;
    }
    const imported = Object.keys(oldInputs).length === 0;
    const inputs = imported ? importedInputs(live) : prune(live, oldInputs);
    const marked = copySecretness(inputs, saved);
    const outcome = {
      id: objectId(live),
      properties: checkpoint(live, marked, fieldManager),
      inputs: marked,
    };
    if (isAnnotated(oldInputs, "skipAwait")) return outcome;
    const { missing } = await readiness(cluster, live);
    if (missing.length === 0) return outcome;
    const message = `Resource '${name}' was created but failed to initialize`;
    throw new InitFailed(message, { ...outcome, reasons: [message, ...missing] });
  });
}

function importedInputs(live: JsonObject): JsonObject {
  const { status: _status, metadata: _metadata, ...rest } = live;
  const name = textAt(live, "metadata", "name");
  const namespace = textAt(live, "metadata", "namespace");
  const labels = objectAt(live, "metadata", "labels");
  const annotations = objectAt(live, "metadata", "annotations");
  return { ...rest, metadata: { name, namespace, labels, annotations } };
}
