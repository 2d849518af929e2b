import type { FleetFigures } from "../load/figures";
import { checksOf } from "./checks";
import { balanceOf } from "./balance";
import type { ClusterLog } from "./cluster-log";
import { setName } from "./colours";
import type { EndState } from "./emqx-api";
import { evacuationFigures } from "./evacuation-figures";
import { attribute, type Loss } from "./losses";
import { peakWithin } from "./peak";
import {
  findMoments,
  momentsInPlace,
  phasesOf,
  revisionsOfPods,
  seconds,
  type Moments,
} from "./phases";
import type { Report, TimelinePoint } from "./report";
import { roleFigures, statesSince } from "./roles";

/** What the upgrade was asked to do. */
export interface UpgradeTerms {
  cluster: string;
  from: string;
  to: string;
  /** Cores. */
  replicas: number;
  /** Replicants, which serve clients if there are any. */
  replicants?: number;
  /** False for a change that leaves the sets in place: scaling, rolling update, settings. */
  switches?: boolean;
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
  /** What the simulated EMQX lost on purpose; none without its switches. */
  losses?: Loss[];
}

/** Seconds of the timeline before the upgrade begins. */
const PRELUDE = 5;

/** Turns what was seen during an upgrade into its report. */
export function makeReport(measured: Measured): Report {
  const { terms, startedAt, endedAt, estimateSeconds, fleet, log, end, losses = [] } = measured;
  const { switches = true, replicants = 0 } = terms;
  const moments = switches
    ? findMoments(log, fleet, startedAt)
    : momentsInPlace(log, startedAt, endedAt);
  const disconnects = fleet.disconnects.filter(([t]) => t >= startedAt);
  const bound =
    terms.initialDelaySeconds +
    fleet.clients / terms.connEvictRate +
    terms.waitTakeover +
    fleet.offline / terms.sessEvictRate;
  const upgrade = ((moments.blueGoneAt ?? endedAt) - moments.selectedAt) / 1000;
  const ofEmqx = attribute(losses, fleet, startedAt);
  const perClient = countBy(
    disconnects.filter((each) => !ofEmqx.secondCuts.has(each)).map(([, , client]) => client),
  );
  // The lowest count of a sample is that since the sample before, when clients may still have been arriving.
  const lows = fleet.samples
    .filter(({ t }) => t >= startedAt)
    .map(({ low, total }, index) => (index === 0 ? total : low));
  const report: Omit<Report, "checks"> = {
    cluster: terms.cluster,
    from: terms.from,
    to: terms.to,
    startedAt: new Date(startedAt).toISOString(),
    ...setsOf(log, terms, moments),
    switched: switches,
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
    qos1Lost: fleet.messages.lost - ofEmqx.messages,
    qos1LostByKept: fleet.messages.lostByKept - ofEmqx.messagesOfKept,
    qos1Duplicates: fleet.messages.duplicates,
    takeoverMessagesLost: ofEmqx.messages,
    secondCuts: ofEmqx.secondCuts.size,
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
    ...endpointFigures(log, startedAt, endedAt, terms),
    newConnectionsToBlueAfterSwitch: attemptsOnBlue(fleet, log, moments),
    blueObjectsLeft: end.objectsLeft,
    blueDeletions: deletions(fleet, log, moments),
    clusterNodes: end.clusterNodes,
    expectedNodes: end.expectedNodes,
    ...(end.forgetsLater && { forgetsLater: true }),
    evacuationsLeft: end.evacuationsLeft,
    balance: balanceOf(fleet, log),
    ...evacuationFigures(log, startedAt),
    ...(replicants > 0 && { roles: roleFigures(log, startedAt, endedAt) }),
    timeline: timelineOf(fleet, log, startedAt),
  };
  return { ...report, checks: checksOf(report) };
}

function setsOf(
  log: ClusterLog,
  { cluster, replicants = 0 }: UpgradeTerms,
  { blue, green, old, kept }: Moments,
): Pick<Report, "sets" | "coreSets"> {
  const role = replicants > 0 ? "replicant" : "core";
  const named = (revision: string): string =>
    setName(log, [revision]) ?? `${cluster}-${role}-${revision}`;
  const sets = { blue: named(blue), green: named(green) };
  if (replicants === 0) return { sets };
  const after = setName(log, kept, "core") ?? "unknown";
  return { sets, coreSets: { blue: setName(log, old, "core") ?? after, green: after } };
}

function endpointFigures(
  log: ClusterLog,
  startedAt: number,
  endedAt: number,
  { replicas, replicants, switches = true }: UpgradeTerms,
) {
  const serving = replicants || replicas;
  const revisions = revisionsOfPods(log);
  const states = statesSince(log.endpoints, startedAt, endedAt);
  const sets = states.map((pods) => new Set(pods.map((pod) => revisions.get(pod))).size);
  return {
    minReadyEndpoints: states.length === 0 ? 0 : Math.min(...states.map((pods) => pods.length)),
    maxSetsBehindService: Math.max(0, ...sets),
    // A set that is scaled out has fewer nodes at first, and one that is scaled in at last.
    desiredReplicas: switches ? serving : Math.min(serving, states[0]?.length ?? serving),
  };
}

function attemptsOnBlue(fleet: FleetFigures, log: ClusterLog, moments: Moments): number {
  const revisions = revisionsOfPods(log);
  return fleet.attempts.filter(
    ([t, pod]) =>
      t >= moments.switchedAt + 1000 &&
      !moments.kept.includes(revisions.get(fleet.pods[pod] ?? "") ?? ""),
  ).length;
}

/** Pods that went: of old sets or, where there are none, of any. */
function deletions(fleet: FleetFigures, log: ClusterLog, { old, startedAt }: Moments) {
  return log.objects
    .filter(({ kind, revision }) => kind === "Pod" && (old.length === 0 || old.includes(revision)))
    .flatMap(({ name, deletingAt, goneAt }) => {
      const at = deletingAt ?? goneAt;
      if (at === undefined || at < startedAt) return [];
      const pod = fleet.pods.indexOf(name);
      const came = fleet.connects.filter(([, t, where]) => where === pod && t <= at).length;
      const left = fleet.disconnects.filter(([t, where]) => where === pod && t <= at).length;
      return [{ pod: name, t: seconds(at - startedAt), connected: came - left }];
    });
}

function timelineOf(fleet: FleetFigures, log: ClusterLog, startedAt: number): TimelinePoint[] {
  const sets = new Map(log.objects.map(({ name, set }) => [name, set]));
  const setOf = fleet.pods.map((pod) => sets.get(pod));
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
