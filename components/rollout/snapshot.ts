import type { EmqxClient, GlobalStatus } from "../emqx/api";
import type { Json } from "../emqx/read";
import type { Observation, RolloutRecord } from "./types";

/** One look without any write, for `read` and the outputs. */
export interface Snapshot {
  observation: Observation;
  record: RolloutRecord;
  /** Evacuations as EMQX words them (`global_status`), the operator's `nodeEvacuationsStatus`. */
  evacuations: Json[];
}

/** Evacuations that any node tells about; none when no node answers. */
export async function evacuationsOf(
  observation: Observation,
  emqx: EmqxClient,
): Promise<GlobalStatus["evacuations"]> {
  for (const { pod } of observation.nodes.filter((node) => node.reachable)) {
    const status = await emqx.globalStatus(pod).catch(() => undefined);
    if (status) return status.evacuations;
  }
  return [];
}
