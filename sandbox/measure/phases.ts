import type { FleetFigures } from "../load/figures";
import type { ClusterLog } from "./cluster-log";
import { coloursOf, type Colours } from "./colours";
import type { PhaseFigure } from "./report";

/** The moments of an upgrade as they show from outside; milliseconds since the epoch. */
export interface Moments extends Colours {
  startedAt: number;
  /** The first green set appeared. */
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
  const colours = coloursOf(log, startedAt);
  const change = log.selections.filter(({ t }) => t > startedAt).at(-1);
  if (!colours || !change?.revision) {
    throw new Error(
      "Expected that the listeners Service selects another revision than before the upgrade, " +
        `but the API server showed ${JSON.stringify(log.selections)}.`,
    );
  }
  const { green, old, fresh } = colours;
  const seen = (...kinds: string[]): number[] =>
    log.objects
      .filter((each) => kinds.includes(each.kind) && fresh.includes(each.revision))
      .map(({ seenAt }) => seenAt)
      .filter((t) => t <= change.t);
  const revisions = revisionsOfPods(log);
  const onBlue = (pod: number): boolean => old.includes(revisions.get(fleet.pods[pod] ?? "") ?? "");
  const evictions = fleet.disconnects
    .filter(([t, pod]) => t >= change.t && onBlue(pod))
    .map(([t]) => t);
  const switched = log.endpoints.find(
    ({ t, pods }) =>
      t > startedAt && pods.length > 0 && pods.every((pod) => revisions.get(pod) === green),
  );
  const blueObjects = log.objects.filter(({ revision }) => old.includes(revision));
  const ending = blueObjects
    .filter(({ kind }) => kind === "Pod")
    .flatMap(({ deletingAt, goneAt }) => deletingAt ?? goneAt ?? []);
  const gone = blueObjects.map(({ goneAt }) => goneAt ?? Infinity);
  const blueGoneAt = Math.max(...gone);
  return {
    ...colours,
    startedAt,
    greenSetAt: least(seen("StatefulSet", "Deployment"), change.t),
    greenPodsAt: most(seen("Pod"), change.t),
    selectedAt: change.t,
    switchedAt: switched?.t ?? change.t,
    firstEvictionAt: least(evictions, change.t),
    drainedAt: most(ending, most(evictions, change.t)),
    blueGoneAt: Number.isFinite(blueGoneAt) ? blueGoneAt : undefined,
  };
}

/** The moments of a change that leaves the sets in place, such as scaling: there is no old set. */
export function momentsInPlace(log: ClusterLog, startedAt: number, endedAt: number): Moments {
  const colours = coloursOf(log, startedAt);
  if (!colours) {
    throw new Error(
      "Expected that the listeners Service selects a revision before the change, but the API " +
        `server showed ${JSON.stringify(log.selections)}.`,
    );
  }
  return {
    ...colours,
    startedAt,
    greenSetAt: startedAt,
    greenPodsAt: startedAt,
    selectedAt: startedAt,
    switchedAt: startedAt,
    firstEvictionAt: startedAt,
    drainedAt: endedAt,
    blueGoneAt: endedAt,
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
