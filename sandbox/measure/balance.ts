import type { FleetFigures } from "../load/figures";
import type { ClusterLog } from "./cluster-log";

/**
 * Connections on the fullest node over the mean of all that serve, at the end; 1 is perfect, and 0
 * stands for no connection at all.
 */
export function balanceOf(fleet: FleetFigures, log: ClusterLog): number {
  const serving = log.endpoints.at(-1)?.pods ?? [];
  const last = fleet.samples.at(-1)?.byPod ?? [];
  const counts = serving.map((pod) => last[fleet.pods.indexOf(pod)] ?? 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  return Math.round((1000 * Math.max(...counts) * counts.length) / total) / 1000;
}
