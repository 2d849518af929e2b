import { driftOf } from "../config-drift";
import type { EmqxClient } from "../emqx/api";
import type { ConfigDrift, HotSettings, Observation } from "./types";

/** Compares what EMQX has in force, cluster-wide, with what was declared; none when no node tells. */
export async function driftIn(
  observation: Observation,
  emqx: EmqxClient,
  settings: HotSettings,
): Promise<ConfigDrift[]> {
  if (settings.hocon === "") return [];
  for (const { pod } of observation.nodes.filter((node) => node.reachable)) {
    const found = await emqx.config(pod).catch(() => undefined);
    if (found) return driftOf(settings.hocon, found);
  }
  return [];
}
