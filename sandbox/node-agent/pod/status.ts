import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../kube/types";
import { NODE_ADDRESS } from "../node/nodes";

/** What a worker knows about its pod. */
export interface PodFacts {
  pod: Pod;
  podIP: string | undefined;
  startTime: string;
  initStatuses: ContainerStatus[];
  statuses: ContainerStatus[];
  /** All init containers are through. */
  initialized: boolean;
  /** The pod's volumes are set up and its address is given. */
  sandboxReady: boolean;
}

/** In a strategic merge patch: the list takes the place of the old one, addresses of an earlier life included. */
const REPLACE = { $patch: "replace" };

/** The status that kubelet would report. `previous` gives the transition times of what stays. */
export function podStatus(facts: PodFacts, previous: PodCondition[], now: string): PodStatus {
  const { pod, podIP, startTime, initStatuses, statuses } = facts;
  const phase = podPhase(facts);
  return {
    phase,
    startTime,
    hostIP: NODE_ADDRESS,
    ...(podIP && { podIP, podIPs: [REPLACE, { ip: podIP }] }),
    conditions: conditions(facts, phase).map((condition) => timed(condition, previous, now)),
    ...(pod.spec.initContainers && { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
  };
}

/** Pending until every container has started once; over when none runs or will run again. */
export function podPhase({ pod, statuses, initialized, initStatuses }: PodFacts): string {
  const policy = pod.spec.restartPolicy ?? "Always";
  if (!initialized) {
    const isOver = policy === "Never" && initStatuses.some(hasFailed);
    return isOver ? "Failed" : "Pending";
  }
  const neverRan = statuses.some(({ state, lastState }) => state.waiting && !lastState.terminated);
  if (neverRan) return "Pending";
  const isOver = statuses.every(({ state }) => state.terminated);
  if (!isOver || (policy === "Always" && !pod.metadata.deletionTimestamp)) return "Running";
  const failed = statuses.some(hasFailed);
  if (!failed) return "Succeeded";
  return policy === "OnFailure" && !pod.metadata.deletionTimestamp ? "Running" : "Failed";
}

function hasFailed({ state }: ContainerStatus): boolean {
  return state.terminated !== undefined && state.terminated.exitCode !== 0;
}

function conditions(facts: PodFacts, phase: string): PodCondition[] {
  const { pod, statuses, initialized, sandboxReady } = facts;
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  const containersReady = containersCondition("ContainersReady", unready, phase);
  const missingGates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) =>
      !pod.status?.conditions?.some(
        ({ type, status }) => type === conditionType && status === "True",
      ),
  );
  const ready =
    containersReady.status === "True" && missingGates.length > 0
      ? {
          type: "Ready",
          status: "False",
          reason: "ReadinessGatesNotReady",
          message: missingGates
            .map(
              ({ conditionType }) =>
                `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
            )
            .join(", "),
        }
      : { ...containersReady, type: "Ready" };
  const incomplete = facts.initStatuses
    .filter(({ state }) => state.terminated?.exitCode !== 0)
    .map(({ name }) => name);
  return [
    { type: "PodReadyToStartContainers", status: sandboxReady ? "True" : "False" },
    initialized
      ? { type: "Initialized", status: "True" }
      : {
          type: "Initialized",
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${incomplete.join(" ")}]`,
        },
    ready,
    containersReady,
    { type: "PodScheduled", status: "True" },
  ];
}

function containersCondition(type: string, unready: string[], phase: string): PodCondition {
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  if (unready.length === 0) return { type, status: "True" };
  return {
    type,
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.join(" ")}]`,
  };
}

function timed(condition: PodCondition, previous: PodCondition[], now: string): PodCondition {
  const before = previous.find(({ type }) => type === condition.type);
  const isSame = before?.status === condition.status && before.lastTransitionTime;
  return {
    ...condition,
    // Null removes a reason that an earlier status had: the status is sent as a patch.
    ...nullable(condition, before),
    lastTransitionTime: isSame ? before.lastTransitionTime : now,
  };
}

function nullable(condition: PodCondition, before: PodCondition | undefined): object {
  const removed: Record<string, null> = {};
  for (const key of ["reason", "message"] as const) {
    if (before?.[key] && !condition[key]) removed[key] = null;
  }
  return removed;
}
