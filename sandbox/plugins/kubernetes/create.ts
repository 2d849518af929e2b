import { textAt, type JsonObject } from "../rpc/json";
import { hasUnknowns, reveal } from "../rpc/properties";
import { InitFailed } from "../rpc/init-failed";
import { ApiError } from "./api-client";
import { awaitReady } from "./await-ready";
import { checkpoint, fieldManagerFor, newFieldManager } from "./checkpoint";
import { NoMatchError, type Cluster } from "./cluster";
import { kindOf, objectId } from "./kinds";
import type { Outcome, Session } from "./session";
import { pause } from "./wait";

/** What a Create request holds. */
export interface CreateCall {
  urn: string;
  inputs: JsonObject;
  preview: boolean;
  /** In s, 0 for the default. */
  timeout: number;
}

/** The manager of objects that were created by POST and never updated. */
export const CREATE_MANAGER = "pulumi-kubernetes";

/** Pauses before the namespace or the CustomResourceDefinition is looked for again, in ms. */
const RETRIES = [1, 2, 4, 8, 16, 32].map((seconds) => seconds * 1000);

/** Creates an object, by POST as the real plugin does, and waits until it is ready. */
export async function create(call: CreateCall, session: Session): Promise<Outcome> {
  const plain = reveal(call.inputs);
  const manager = fieldManagerFor(plain, newFieldManager());
  if (call.preview) return previewCreate(call, plain, manager, session);
  return session.use(async (cluster) => {
    const written = await writeWithRetries(call, plain, manager, session, cluster);
    const patience = session.patience(call.timeout);
    const say = session.statusOf(call.urn);
    const { live, failures } = await awaitReady(cluster, written, plain, patience, say);
    const id = objectId(live);
    const properties = checkpoint(live, call.inputs, manager);
    if (failures.length === 0) return { id, properties };
    const message = `resource "${call.urn}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${failures[0]}`;
    throw new InitFailed(message, { id, properties, inputs: call.inputs, reasons: failures });
  });
}

/** Asks the API server what it would do; what it cannot know yet is left as the inputs say. */
async function previewCreate(
  call: CreateCall,
  plain: JsonObject,
  manager: string,
  session: Session,
): Promise<Outcome> {
  const asInputs = { id: "", properties: call.inputs };
  if (hasUnknowns(plain)) return asInputs;
  return session.use(async (cluster) => {
    try {
      const { status: _status, ...live } = await write(plain, manager, session, cluster, true);
      const { resourceVersion: _version, ...metadata } = live["metadata"] as JsonObject;
      return { id: "", properties: checkpoint({ ...live, metadata }, call.inputs, manager) };
    } catch (error) {
      if (isAbsent(error) || isConflict(error)) return asInputs;
      throw failure(call.urn, plain, error);
    }
  });
}

async function writeWithRetries(
  call: CreateCall,
  plain: JsonObject,
  manager: string,
  session: Session,
  cluster: Cluster,
): Promise<JsonObject> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await write(plain, manager, session, cluster, false);
    } catch (error) {
      const wait = RETRIES[attempt];
      if (wait === undefined || !isAbsent(error)) throw failure(call.urn, plain, error);
      const reason = (error as Error).message;
      session.log("info", call.urn, `Retry #${attempt}; creation failed: ${reason}`);
      await pause(wait, session.patience(0).signal);
    }
  }
}

function write(
  object: JsonObject,
  manager: string,
  session: Session,
  cluster: Cluster,
  dry: boolean,
): Promise<JsonObject> {
  const dryRun: Record<string, string> = dry ? { dryRun: "All" } : {};
  if (!session.settings.upsert) {
    return cluster.post(object, { fieldManager: CREATE_MANAGER, ...dryRun });
  }
  const query = { fieldManager: manager, force: String(session.settings.patchForce), ...dryRun };
  return cluster.patch(object, query, {
    contentType: "application/apply-patch+yaml",
    value: object,
  });
}

/** The namespace or the kind is not there, which may be cured by another resource of this run. */
function isAbsent(error: unknown): boolean {
  return error instanceof NoMatchError || (error instanceof ApiError && error.status === 404);
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.reason === "AlreadyExists";
}

function failure(urn: string, object: JsonObject, error: unknown): Error {
  if (error instanceof NoMatchError) {
    const kind = kindOf(object, urn);
    return new Error(
      `creation of resource "${urn}" with kind ${kind.apiVersion}/${kind.kind} failed because the Kubernetes API server reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been created: ${error.message}`,
    );
  }
  if (!(error instanceof ApiError))
    return error instanceof Error ? error : new Error(String(error));
  const hint = isConflict(error)
    ? `\nThe ${textAt(object, "kind")} exists already: delete it, import it with \`pulumi import\`, or choose another name.`
    : "";
  return new Error(
    `resource "${urn}" was not successfully created by the Kubernetes API server: ${error.message}${hint}`,
  );
}
