import type { PrometheusRuleArgs, Target } from "./args";
import { seriesOf, type Series } from "./series";

/** A rule of a group, as Prometheus reads it. */
export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** Every threshold of the alerts. */
export type Thresholds = Required<Omit<PrometheusRuleArgs, "labels" | "licensedSessions">> & {
  licensedSessions?: number;
};

/** Seconds of a day, as EMQX tells the licence's end in epoch seconds. */
const DAY = 86_400;

export function thresholdsOf(args: PrometheusRuleArgs, { dialect }: Target): Thresholds {
  const {
    stuckMinutes = 10,
    dipPercent = 20,
    dipMinutes = 5,
    dipMinimum = 50,
    stoppedMinutes = dialect === "v4" ? 3 : 5,
    licenseDays = 30,
    sessionPercent = 80,
    licensedSessions,
  } = args;
  return {
    stuckMinutes,
    dipPercent,
    dipMinutes,
    dipMinimum,
    stoppedMinutes,
    licenseDays,
    sessionPercent,
    licensedSessions,
  };
}

/** Recorded series that the alerts look back on. */
const RECORDED = { set: "emqx:connections:by_set", cluster: "emqx:connections:by_cluster" };

/** Connections per set and in all. */
export function recordings(target: Target): Rule[] {
  const { connections } = seriesOf(target);
  return [
    {
      record: RECORDED.set,
      expr: `sum by (namespace, emqx_cluster, instance_set) (${connections})`,
    },
    { record: RECORDED.cluster, expr: `sum by (namespace, emqx_cluster) (${connections})` },
  ];
}

export function alerts(target: Target, limits: Thresholds): Rule[] {
  const series = seriesOf(target);
  const cluster = `${target.namespace}/${target.name}`;
  return [
    stuckEvacuation(series, limits, cluster),
    dip(series, limits, cluster),
    stoppedNode(series, limits, cluster),
    ...license(series, limits, cluster),
  ];
}

/**
 * EMQX exports no state of an evacuation, and the Service's selector is no metric either. What can
 * be seen: the set that existed first still has clients, none of them went for a while, and another
 * set has clients too, which is so only after the Service was switched to it.
 */
function stuckEvacuation(series: Series, { stuckMinutes }: Thresholds, cluster: string): Rule {
  const set = series.of(RECORDED.set);
  const window = `${set}[${stuckMinutes}m]`;
  const age = `count_over_time(${set}[1d])`;
  const serving = `${age} and min_over_time(${window}) > 0`;
  return {
    alert: "EmqxEvacuationStuck",
    expr:
      `(${set} > 0 and min_over_time(${window}) == max_over_time(${window})) and ` +
      `(${age} > on (namespace, emqx_cluster) group_left min by (namespace, emqx_cluster) (${serving}))`,
    for: "1m",
    labels: { severity: "warning" },
    annotations: {
      summary: `EMQX ${cluster}: the evacuation of set {{ $labels.instance_set }} is stuck`,
      description:
        `Set {{ $labels.instance_set }} still has {{ $value }} clients, and their number has not changed for ` +
        `${stuckMinutes} minutes while another set serves. Run \`pulumi up\` again: it continues the upgrade, ` +
        "or says what it waits for.",
    },
  };
}

function dip(
  series: Series,
  { dipPercent, dipMinutes, dipMinimum }: Thresholds,
  cluster: string,
): Rule {
  const now = series.of(RECORDED.cluster);
  const before = `max_over_time(${now}[${dipMinutes}m])`;
  const kept = (100 - dipPercent) / 100;
  return {
    alert: "EmqxConnectionsDip",
    expr: `(${now} < ${kept} * ${before}) and ${before} >= ${dipMinimum}`,
    // Nodes are scraped at different times, so a client that moves is counted nowhere for up to one
    // interval. In an upgrade as short as 5 intervals that alone looks like a dip of 20 %.
    for: "1m",
    labels: { severity: "critical" },
    annotations: {
      summary: `EMQX ${cluster} lost more than ${dipPercent} % of its connections`,
      description:
        `{{ $value }} clients are connected, more than ${dipPercent} % less than at some time of the last ` +
        `${dipMinutes} minutes. During an upgrade: lower \`connEvictRate\`. Else look at nodes, network and clients.`,
    },
  };
}

function stoppedNode(series: Series, { stoppedMinutes }: Thresholds, cluster: string): Rule {
  return {
    alert: "EmqxNodeStopped",
    expr: `max by (namespace, emqx_cluster) (${series.of("emqx_cluster_nodes_stopped")}) > 0`,
    for: `${stoppedMinutes}m`,
    labels: { severity: "warning" },
    annotations: {
      summary: `EMQX ${cluster} has stopped nodes`,
      description:
        `{{ $value }} nodes of the cluster have been stopped for ${stoppedMinutes} minutes. Look at the pods; ` +
        "a node whose pod is gone for good leaves by `emqx ctl cluster force-leave <node>` in a running core.",
    },
  };
}

function license(
  series: Series,
  { licenseDays, sessionPercent, licensedSessions }: Thresholds,
  cluster: string,
): Rule[] {
  const expiry = series.of("emqx_license_expiry_at");
  const ends = `min by (namespace, emqx_cluster) (${expiry} > 0)`;
  const used = `sum by (namespace, emqx_cluster) (${series.sessions})`;
  // EMQX exports 0 when it has no licence to tell of.
  const quota =
    licensedSessions === undefined
      ? `min by (namespace, emqx_cluster) (${series.of("emqx_license_max_sessions")} > 0)`
      : String(licensedSessions);
  return [
    {
      alert: "EmqxLicenseExpiresSoon",
      expr: `(${ends} - time()) / ${DAY} < ${licenseDays}`,
      for: "5m",
      labels: { severity: "warning" },
      annotations: {
        summary: `The licence of EMQX ${cluster} expires soon`,
        description:
          'It ends in {{ $value | printf "%.1f" }} days; afterwards EMQX refuses new connections. Set ' +
          "`license` to a new key: it is renewed without new pods.",
      },
    },
    {
      alert: "EmqxLicenseSessionsNearQuota",
      expr: `100 * ${used} / ${quota} > ${sessionPercent}`,
      for: "5m",
      labels: { severity: "warning" },
      annotations: {
        summary: `EMQX ${cluster} uses more than ${sessionPercent} % of its licensed sessions`,
        description:
          '{{ $value | printf "%.0f" }} % of the sessions that the licence allows are in use; at 100 % EMQX ' +
          "refuses new clients.",
      },
    },
  ];
}
