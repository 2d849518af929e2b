import { textAt, type JsonObject } from "../rpc/json";
import { hasUnknowns, reveal } from "../rpc/properties";
import { InitFailed } from "../rpc/init-failed";
import { ApiError } from "./api-client";
import { awaitReady } from "./await-ready";
import { checkpoint, fieldManagerFor, savedState } from "./checkpoint";
import { NoMatchError, type Cluster } from "./cluster";
import { isAnnotated, kindOf, objectId, parseId } from "./kinds";
import { hasCreateEntry, takeOver } from "./managed-fields";
import type { Outcome, Session } from "./session";

/** What an Update request holds. */
export interface UpdateCall {
  urn: string;
  id: string;
  olds: JsonObject;
  inputs: JsonObject;
  preview: boolean;
  /** In s, 0 for the default. */
  timeout: number;
}

const CONFLICT_HELP =
  "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";

/** Applies the inputs under the resource's own field manager and waits until it is ready. */
export async function update(call: UpdateCall, session: Session): Promise<Outcome> {
  const plain = reveal(call.inputs);
  const manager = fieldManagerFor(plain, savedState(call.olds).fieldManager);
  if (call.preview && hasUnknowns(plain)) return { id: call.id, properties: call.inputs };
  return session.use(async (cluster) => {
    let written: JsonObject;
    try {
      written = await apply(call, plain, manager, session, cluster);
    } catch (error) {
      throw await explain(call, plain, manager, cluster, error);
    }
    const id = objectId(written);
    if (call.preview) {
      const { status: _status, ...live } = written;
      return { id, properties: checkpoint(live, call.inputs, manager) };
    }
    const patience = session.patience(call.timeout);
    const say = session.statusOf(call.urn);
    const { live, failures } = await awaitReady(cluster, written, plain, patience, say);
    const properties = checkpoint(live, call.inputs, manager);
    if (failures.length === 0) return { id, properties };
    throw initFailed(id, properties, call.inputs, failures);
  });
}

async function apply(
  call: UpdateCall,
  plain: JsonObject,
  manager: string,
  session: Session,
  cluster: Cluster,
): Promise<JsonObject> {
  const { namespace, name } = parseId(call.id);
  const live = await cluster.get(kindOf(plain, call.urn), namespace, name);
  const managedFields = call.preview ? undefined : takeOver(live, manager);
  if (managedFields !== undefined) {
    const resourceVersion = textAt(live, "metadata", "resourceVersion") ?? "";
    await cluster.patch(
      live,
      {},
      {
        contentType: "application/json-patch+json",
        value: [
          { op: "replace", path: "/metadata/managedFields", value: managedFields },
          { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
        ],
      },
    );
  }
  const force =
    isAnnotated(plain, "patchForce") ||
    session.settings.patchForce ||
    (call.preview && hasCreateEntry(live));
  return cluster.patch(
    plain,
    {
      fieldManager: manager,
      force: String(force),
      ...(call.preview ? { dryRun: "All" } : {}),
    },
    { contentType: "application/apply-patch+yaml", value: plain },
  );
}

async function explain(
  call: UpdateCall,
  plain: JsonObject,
  manager: string,
  cluster: Cluster,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof ApiError) && !(error instanceof NoMatchError)) return error;
  const reason =
    error instanceof ApiError && error.status === 409
      ? `server-side apply field conflict detected. See ${CONFLICT_HELP} for troubleshooting help\n: The resource managed by field manager "${manager}" had an apply conflict: ${error.message}`
      : error.message;
  try {
    const { namespace, name } = parseId(call.id);
    const live = await cluster.get(kindOf(plain, call.urn), namespace, name);
    const properties = checkpoint(live, call.inputs, manager);
    return initFailed(call.id, properties, call.inputs, [reason]);
  } catch (readError) {
    const detail = readError instanceof Error ? readError.message : String(readError);
    return new Error(
      `update of resource "${call.urn}" failed: ${reason}\nunable to get cluster state: ${detail}`,
    );
  }
}

function initFailed(
  id: string,
  properties: JsonObject,
  inputs: JsonObject,
  reasons: string[],
): InitFailed {
  const message = `the Kubernetes API server reported that "${id}" failed to fully initialize or become live: ${reasons[0]}`;
  return new InitFailed(message, { id, properties, inputs, reasons });
}
