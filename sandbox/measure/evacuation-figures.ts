import type { ClusterLog } from "./cluster-log";
import type { Report } from "./report";

/** What EMQX itself told about the nodes under evacuation from a moment on. */
export function evacuationFigures(
  { evacuations }: ClusterLog,
  startedAt: number,
): Pick<Report, "nodeEvacuationStates" | "waitingTakeoverSample"> {
  const entries = evacuations.filter(({ t }) => t >= startedAt).flatMap(({ nodes }) => nodes);
  const states: Record<string, string[]> = {};
  for (const { node, state } of entries) {
    const known = (states[node] ??= []);
    if (known.at(-1) !== state) known.push(state);
  }
  const waitingTakeoverSample = entries.find(({ state }) => state === "waiting_takeover");
  return {
    nodeEvacuationStates: states,
    ...(waitingTakeoverSample && { waitingTakeoverSample }),
  };
}
