import type { FleetFigures } from "../load/figures";
import type { ClusterLog } from "./cluster-log";
import type { PhaseFigure } from "./report";

/** The moments of an upgrade as they show from outside; milliseconds since the epoch. */
export interface Moments {
  startedAt: number;
  blue: string;
  green: string;
  /** The green StatefulSet appeared. */
  greenSetAt: number;
  /** The last green pod appeared. */
  greenPodsAt: number;
  /** The Service's selector changed. */
  selectedAt: number;
  /** The EndpointSlices held green pods only. */
  switchedAt: number;
  /** First disconnect from a blue pod. */
  firstEvictionAt: number;
  /** The last blue pod was told to end. */
  drainedAt: number;
  /** The last blue object was gone; undefined when one is left. */
  blueGoneAt: number | undefined;
}

/** Finds the moments of the upgrade that began at `startedAt`; throws when there was no switch. */
export function findMoments(log: ClusterLog, fleet: FleetFigures, startedAt: number): Moments {
  const before = log.selections.filter(({ t }) => t <= startedAt).at(-1)?.revision;
  const change = log.selections.filter(({ t }) => t > startedAt).at(-1);
  if (!before || !change?.revision) {
    throw new Error(
      "Expected that the listeners Service selects another revision than before the upgrade, " +
        `but the API server showed ${JSON.stringify(log.selections)}.`,
    );
  }
  const blue = before;
  const green = change.revision;
  const seen = (kind: string, revision: string): number[] =>
    log.objects
      .filter((each) => each.kind === kind && each.revision === revision)
      .map(({ seenAt }) => seenAt)
      .filter((t) => t <= change.t);
  const revisions = revisionsOfPods(log);
  const onBlue = (pod: number): boolean => revisions.get(fleet.pods[pod] ?? "") === blue;
  const evictions = fleet.disconnects
    .filter(([t, pod]) => t >= change.t && onBlue(pod))
    .map(([t]) => t);
  const switched = log.endpoints.find(
    ({ t, pods }) =>
      t > startedAt && pods.length > 0 && pods.every((pod) => revisions.get(pod) === green),
  );
  const blueObjects = log.objects.filter(({ revision }) => revision === blue);
  const ending = blueObjects
    .filter(({ kind }) => kind === "Pod")
    .flatMap(({ deletingAt, goneAt }) => deletingAt ?? goneAt ?? []);
  const gone = blueObjects.map(({ goneAt }) => goneAt ?? Infinity);
  const blueGoneAt = Math.max(...gone);
  return {
    startedAt,
    blue,
    green,
    greenSetAt: least(seen("StatefulSet", green), change.t),
    greenPodsAt: most(seen("Pod", green), change.t),
    selectedAt: change.t,
    switchedAt: switched?.t ?? change.t,
    firstEvictionAt: least(evictions, change.t),
    drainedAt: most(ending, most(evictions, change.t)),
    blueGoneAt: Number.isFinite(blueGoneAt) ? blueGoneAt : undefined,
  };
}

/**
 * Phases by the engine's names, timed by what clients and the API server saw. What comes before the
 * new StatefulSet, Pulumi's own work and Preflight, shows nothing outside and is `Start`.
 */
export function phasesOf(moments: Moments, endedAt: number): PhaseFigure[] {
  const { startedAt } = moments;
  const ends: [string, number][] = [
    ["Start", moments.greenSetAt],
    ["CreateGreen", moments.greenPodsAt],
    ["WaitGreen", moments.selectedAt],
    ["Promote", moments.firstEvictionAt],
    ["Evacuate", moments.drainedAt],
    ["Retire", moments.blueGoneAt ?? endedAt],
  ];
  let last = startedAt;
  return ends.map(([name, end]) => {
    const start = last;
    last = Math.max(last, end);
    return { name, start: seconds(start - startedAt), seconds: seconds(last - start) };
  });
}

export function revisionsOfPods(log: ClusterLog): Map<string, string> {
  return new Map(
    log.objects.filter(({ kind }) => kind === "Pod").map(({ name, revision }) => [name, revision]),
  );
}

/** Milliseconds as seconds with two decimals. */
export function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 10) / 100;
}

function least(times: number[], otherwise: number): number {
  return times.reduce((a, b) => Math.min(a, b), times.length > 0 ? Infinity : otherwise);
}

function most(times: number[], otherwise: number): number {
  return times.reduce((a, b) => Math.max(a, b), times.length > 0 ? 0 : otherwise);
}
