import { textAt, type JsonObject } from "../rpc/json";
import { ApiError } from "./api-client";
import { savedState } from "./checkpoint";
import { NoMatchError } from "./cluster";
import { isAnnotated, kindOf, parseId } from "./kinds";
import type { Session } from "./session";
import { until } from "./wait";

/** What a Delete request holds. */
export interface DeleteCall {
  urn: string;
  id: string;
  properties: JsonObject;
  /** In s, 0 for the default. */
  timeout: number;
}

/** Kinds whose `skipAwait` annotation skips the wait for their end as well. */
const SKIPPABLE = new Set(["DaemonSet", "Deployment", "Job", "Namespace", "Pod", "StatefulSet"]);

/** Deletes an object in the foreground and waits until it is gone. */
export async function remove(call: DeleteCall, session: Session): Promise<void> {
  const { inputs } = savedState(call.properties);
  const kind = kindOf(inputs, call.urn);
  const { namespace, name } = parseId(call.id);
  await session.use(async (cluster) => {
    const look = async (): Promise<JsonObject | undefined> => {
      try {
        return await cluster.get(kind, namespace, name);
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    };
    const live = await look();
    if (live === undefined) return;
    try {
      await cluster.remove(kind, namespace, name);
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
    if (isAnnotated(inputs, "skipAwait") && SKIPPABLE.has(kind.kind)) return;
    const uid = textAt(live, "metadata", "uid");
    const gone = await until(session.patience(call.timeout), async () => {
      const current = await look();
      return current === undefined || textAt(current, "metadata", "uid") !== uid;
    });
    if (gone) return;
    session.log("warning", call.urn, "finalizers might be preventing deletion ()");
    throw new Error("timed out waiting for the condition");
  });
}

function isGone(error: unknown): boolean {
  return error instanceof NoMatchError || (error instanceof ApiError && error.status === 404);
}
