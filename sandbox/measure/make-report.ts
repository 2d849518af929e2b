import type { FleetFigures } from "../load/figures";
import { checksOf } from "./checks";
import type { ClusterLog } from "./cluster-log";
import type { EndState } from "./emqx-api";
import { peakWithin } from "./peak";
import { findMoments, phasesOf, revisionsOfPods, seconds, type Moments } from "./phases";
import type { Report, TimelinePoint } from "./report";

/** What the upgrade was asked to do. */
export interface UpgradeTerms {
  cluster: string;
  from: string;
  to: string;
  replicas: number;
  connEvictRate: number;
  sessEvictRate: number;
  initialDelaySeconds: number;
  waitTakeover: number;
}

export interface Measured {
  terms: UpgradeTerms;
  /** Milliseconds since the epoch: start and end of `pulumi up`. */
  startedAt: number;
  endedAt: number;
  estimateSeconds?: number;
  fleet: FleetFigures;
  log: ClusterLog;
  end: EndState;
}

/** Seconds of the timeline before the upgrade begins. */
const PRELUDE = 5;

/** Turns what was seen during an upgrade into its report. */
export function makeReport(measured: Measured): Report {
  const { terms, startedAt, endedAt, estimateSeconds, fleet, log, end } = measured;
  const moments = findMoments(log, fleet, startedAt);
  const disconnects = fleet.disconnects.filter(([t]) => t >= startedAt);
  const bound =
    terms.initialDelaySeconds +
    fleet.clients / terms.connEvictRate +
    terms.waitTakeover +
    fleet.offline / terms.sessEvictRate;
  const upgrade = ((moments.blueGoneAt ?? endedAt) - moments.selectedAt) / 1000;
  const perClient = countBy(disconnects.map(([, , client]) => client));
  const lows = fleet.samples.filter(({ t }) => t >= startedAt).map(({ low }) => low);
  const report: Omit<Report, "checks"> = {
    cluster: terms.cluster,
    from: terms.from,
    to: terms.to,
    startedAt: new Date(startedAt).toISOString(),
    sets: {
      blue: `${terms.cluster}-core-${moments.blue}`,
      green: `${terms.cluster}-core-${moments.green}`,
    },
    clients: fleet.clients,
    upgradeSeconds: round(upgrade),
    boundSeconds: round(bound),
    ratioToBound: round(upgrade / bound),
    rolloutSeconds: seconds((moments.blueGoneAt ?? endedAt) - moments.greenSetAt),
    commandSeconds: seconds(endedAt - startedAt),
    ...(estimateSeconds !== undefined && { estimateSeconds }),
    phases: phasesOf(moments, endedAt),
    maxDisconnectsPerClient: Math.max(0, ...perClient.values()),
    clientsDisconnectedMoreThanOnce: [...perClient.values()].filter((n) => n > 1).length,
    sessionsExpected: fleet.sessionsExpected,
    sessionsLost: fleet.sessionsLost,
    qos1Published: fleet.messages.published,
    qos1Lost: fleet.messages.lost,
    qos1Duplicates: fleet.messages.duplicates,
    minConnectedFraction:
      Math.round((1e4 * lows.reduce((a, b) => Math.min(a, b), fleet.clients)) / fleet.clients) /
      1e4,
    peakReconnectsPerSecond: peakWithin(
      fleet.connects.filter(([attempt]) => attempt >= startedAt).map(([, t]) => t),
      1000,
    ),
    peakDisconnectsPerSecond: peakWithin(
      disconnects.map(([t]) => t),
      1000,
    ),
    connEvictRate: terms.connEvictRate,
    ...endpointFigures(log, startedAt, endedAt),
    desiredReplicas: terms.replicas,
    newConnectionsToBlueAfterSwitch: attemptsOnBlue(fleet, log, moments),
    blueObjectsLeft: end.objectsLeft,
    blueDeletions: deletions(fleet, log, moments),
    clusterNodes: end.clusterNodes,
    expectedNodes: end.expectedNodes,
    evacuationsLeft: end.evacuationsLeft,
    timeline: timelineOf(fleet, log, terms.cluster, startedAt),
  };
  return { ...report, checks: checksOf(report) };
}

function endpointFigures(log: ClusterLog, startedAt: number, endedAt: number) {
  const revisions = revisionsOfPods(log);
  const atStart = log.endpoints.filter(({ t }) => t <= startedAt).slice(-1);
  const during = log.endpoints.filter(({ t }) => t > startedAt && t <= endedAt);
  const states = [...atStart, ...during].map(({ pods }) => pods);
  const sets = states.map((pods) => new Set(pods.map((pod) => revisions.get(pod))).size);
  return {
    minReadyEndpoints: states.length === 0 ? 0 : Math.min(...states.map((pods) => pods.length)),
    maxSetsBehindService: Math.max(0, ...sets),
  };
}

function attemptsOnBlue(fleet: FleetFigures, log: ClusterLog, moments: Moments): number {
  const revisions = revisionsOfPods(log);
  return fleet.attempts.filter(
    ([t, pod]) =>
      t >= moments.switchedAt + 1000 && revisions.get(fleet.pods[pod] ?? "") !== moments.green,
  ).length;
}

function deletions(fleet: FleetFigures, log: ClusterLog, { blue, startedAt }: Moments) {
  return log.objects
    .filter(({ kind, revision }) => kind === "Pod" && revision === blue)
    .flatMap(({ name, deletingAt, goneAt }) => {
      const at = deletingAt ?? goneAt;
      if (at === undefined || at < startedAt) return [];
      const pod = fleet.pods.indexOf(name);
      const came = fleet.connects.filter(([, t, where]) => where === pod && t <= at).length;
      const left = fleet.disconnects.filter(([t, where]) => where === pod && t <= at).length;
      return [{ pod: name, t: seconds(at - startedAt), connected: came - left }];
    });
}

function timelineOf(
  fleet: FleetFigures,
  log: ClusterLog,
  cluster: string,
  startedAt: number,
): TimelinePoint[] {
  const revisions = revisionsOfPods(log);
  const setOf = fleet.pods.map((pod) => `${cluster}-core-${revisions.get(pod) ?? "unknown"}`);
  return fleet.samples
    .filter(({ t }) => t >= startedAt - PRELUDE * 1000)
    .map(({ t, total, byPod }) => {
      const bySet: Record<string, number> = {};
      byPod.forEach((count, pod) => {
        const set = setOf[pod] ?? "unknown";
        bySet[set] = (bySet[set] ?? 0) + count;
      });
      return { t: seconds(t - startedAt), total, bySet };
    });
}

function countBy(keys: number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
