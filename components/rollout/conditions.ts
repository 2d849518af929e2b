/** The facts whose age the rules ask for. The engine measures for how long each has held. Pure. */
import { drainConditions, isUp, live, offline, state } from "./drain";
import { look } from "./look";
import { hangs, isStranded } from "./plan-drain";
import type { Conditions, Desired, Observation, RolloutRecord } from "./types";

/** Reasons of a container that waiting does not cure. */
const HOPELESS = [
  "InvalidImageName",
  "ErrImageNeverPull",
  "ErrImagePull",
  "ImagePullBackOff",
  // The kubelet waits 10 s, 20 s, 40 s: only from the third end on does it outlast HOPELESS_PATIENCE.
  "CrashLoopBackOff",
];

/** `previous` is the look before this one of the same run. */
export function conditions(
  observation: Observation,
  desired: Desired,
  record: RolloutRecord,
  previous?: Observation,
): Conditions {
  const seen = look(observation, desired, record, {}, 0);
  const before = new Map(previous?.nodes.map((node) => [node.node, node.connectedTotal]));
  const leaving = new Set(seen.leaving.map((node) => node.node));
  return {
    joined: seen.joined,
    apart: !seen.joined,
    switched: seen.switched,
    unswitched: !seen.switched,
    quiet: seen.leaving.every(
      (node) => node.connectedTotal !== undefined && node.connectedTotal === before.get(node.node),
    ),
    calm: seen.calm && previous?.nodes.length === observation.nodes.length,
    answering: !observation.nodes.some(hangs),
    serviceless: !observation.service.exists,
    unasked: seen.behind.via.length === 0 && seen.core.green.some(isUp),
    hopeless: seen.green.some((node) => HOPELESS.includes(node.reason ?? "")),
    still: !!previous && gist(previous, leaving) === gist(observation, leaving),
    ...drainConditions(observation.nodes),
    ...Object.fromEntries(
      seen.leaving.map((node) => [`${node.node} stranded`, isStranded(node, seen.serving.staying)]),
    ),
  };
}

/** Everything that shows progress. Clients of nodes that stay come and go, which is none. */
function gist({ sets, nodes, service, control }: Observation, leaving: Set<string>): string {
  return JSON.stringify([
    control,
    service.selects,
    [...service.readyPods].sort(),
    sets.map(({ name, replicas, pods, deleting }) => [name, replicas, pods, deleting]),
    nodes.map((node) => [
      [node.pod, node.ready, node.reachable, node.terminating, state(node)],
      Object.entries(node.view ?? {}).sort(),
      leaving.has(node.node) ? [live(node), offline(node)] : [],
    ]),
  ]);
}
