import type { ClusterLog, Endpoints, ObservedObject, Role } from "./cluster-log";

/** What only a cluster with replicants can do wrong. */
export interface RoleFigures {
  /** Moments at which a replicant ran and no core of its release did. */
  replicantWithoutCore: number;
  /** Whether only cores were ever behind the dashboard Service. */
  dashboardEndpointsCoresOnly: boolean;
  /** Whether only replicants were ever behind the listeners Service. */
  listenerEndpointsReplicantsOnly: boolean;
}

/** Looks at everything between two moments, and at what they began with. */
export function roleFigures(log: ClusterLog, startedAt: number, endedAt: number): RoleFigures {
  return {
    replicantWithoutCore: momentsWithoutCore(log.objects, startedAt, endedAt),
    dashboardEndpointsCoresOnly: only("core", log, log.dashboardEndpoints, startedAt),
    listenerEndpointsReplicantsOnly: only("replicant", log, log.endpoints, startedAt),
  };
}

/** States of a Service's endpoints from a moment on, the one that it began with included. */
export function statesSince(endpoints: Endpoints[], from: number, to = Infinity): string[][] {
  const before = endpoints.filter(({ t }) => t <= from).slice(-1);
  const during = endpoints.filter(({ t }) => t > from && t <= to);
  return [...before, ...during].map(({ pods }) => pods);
}

function only(role: Role, log: ClusterLog, endpoints: Endpoints[], from: number): boolean {
  const roles = new Map(
    log.objects.filter(({ kind }) => kind === "Pod").map((pod) => [pod.name, pod.role]),
  );
  return statesSince(endpoints, from)
    .flat()
    .every((pod) => roles.get(pod) === role);
}

/**
 * A replicant counts until its pod is gone, a core only until its pod is told to end: in between
 * it may stop at any moment. Nothing changes between two of these moments.
 */
function momentsWithoutCore(objects: ObservedObject[], from: number, to: number): number {
  const pods = objects.filter(({ kind, runningAt }) => kind === "Pod" && runningAt !== undefined);
  const runs = (pod: ObservedObject, t: number): boolean => {
    const end = pod.role === "core" ? (pod.deletingAt ?? pod.goneAt) : pod.goneAt;
    return (pod.runningAt ?? Infinity) <= t && t < (end ?? Infinity);
  };
  const moments = new Set(
    pods
      .flatMap(({ runningAt, deletingAt, goneAt }) => [runningAt, deletingAt, goneAt])
      .filter((t): t is number => t !== undefined && t >= from && t <= to)
      .concat(from),
  );
  return [...moments].filter((t) => {
    const running = pods.filter((pod) => runs(pod, t));
    const releases = new Set(
      running.filter(({ role }) => role === "core").map(({ image }) => image),
    );
    return running.some(({ role, image }) => role === "replicant" && !releases.has(image));
  }).length;
}
