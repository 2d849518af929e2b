import type { Report } from "./report";

/** One limit that an upgrade has to keep. */
export interface Check {
  /** Figure of the report that it is about. */
  name: string;
  /** What is asked, as people read it. */
  limit: string;
  /** What was measured. */
  figure: string;
  pass: boolean;
}

/** Connections that a node may have at the end, over the mean (document 003). */
export const MAX_IMBALANCE = 1.15;

/** The limits of a graceful upgrade, each with its figure. */
export function checksOf(report: Omit<Report, "checks">): Check[] {
  const { clients, connEvictRate, desiredReplicas, upgradeSeconds, boundSeconds } = report;
  const dip = 1 - report.minConnectedFraction;
  const dipLimit = (1.5 * connEvictRate) / clients;
  const exactly = (name: keyof Report, value: number): Check => ({
    name,
    limit: `= ${value}`,
    figure: String(report[name as keyof typeof report]),
    pass: report[name as keyof typeof report] === value,
  });
  const atMost = (
    name: string,
    figure: number,
    limit: number,
    show: (value: number) => string = String,
  ): Check => ({
    name,
    limit: `≤ ${show(limit)}`,
    figure: show(figure),
    pass: figure <= limit,
  });
  const empty = (name: "blueObjectsLeft" | "evacuationsLeft"): Check => ({
    name,
    limit: "none",
    figure: report[name].join(", ") || "none",
    pass: report[name].length === 0,
  });
  const moved = report.switched
    ? [
        atMost(
          "peakReconnectsPerSecond",
          report.peakReconnectsPerSecond,
          1.2 * connEvictRate,
          short,
        ),
        atMost("connection dip", dip, dipLimit, percent),
        atMost("upgradeSeconds", upgradeSeconds, 1.25 * boundSeconds, inSeconds),
      ]
    : [];
  return [
    exactly("sessionsLost", 0),
    exactly("qos1Lost", 0),
    atMost("maxDisconnectsPerClient", report.maxDisconnectsPerClient, 1),
    exactly("minReadyEndpoints", desiredReplicas),
    exactly("newConnectionsToBlueAfterSwitch", 0),
    empty("blueObjectsLeft"),
    empty("evacuationsLeft"),
    nodesCheck(report),
    ...moved,
    ...estimateCheck(report),
    ...roleChecks(report),
  ];
}

function nodesCheck(report: Omit<Report, "checks">): Check {
  const { expectedNodes, forgetsLater, switched } = report;
  const clusterNodes = report.clusterNodes.filter(
    ({ node_status }) => !forgetsLater || node_status !== "stopped",
  );
  const found = clusterNodes.map(({ node }) => node).sort();
  const running = clusterNodes.filter(({ node_status }) => node_status === "running").length;
  return {
    name: "clusterNodes",
    limit: `exactly the ${expectedNodes.length} ${switched ? "new" : "wanted"} ones, running`,
    figure: `${found.length} listed, ${running} running`,
    pass: running === found.length && found.join() === [...expectedNodes].sort().join(),
  };
}

function estimateCheck({ estimateSeconds, rolloutSeconds }: Omit<Report, "checks">): Check[] {
  if (estimateSeconds === undefined) return [];
  const off = Math.abs(estimateSeconds - rolloutSeconds) / rolloutSeconds;
  return [
    {
      name: "estimateSeconds",
      limit: `within 25 % of ${inSeconds(rolloutSeconds)}`,
      figure: `${inSeconds(estimateSeconds)} (${percent(off)} off)`,
      pass: off <= 0.25,
    },
  ];
}

/** What holds at every moment of a cluster with replicants, and the balance afterwards. */
function roleChecks({ roles, balance }: Omit<Report, "checks">): Check[] {
  if (!roles) return [];
  const always = (name: keyof typeof roles, limit: string, pass: boolean): Check => ({
    name,
    limit,
    figure: String(roles[name]),
    pass,
  });
  return [
    always("replicantWithoutCore", "= 0", roles.replicantWithoutCore === 0),
    always("dashboardEndpointsCoresOnly", "always", roles.dashboardEndpointsCoresOnly),
    always("listenerEndpointsReplicantsOnly", "always", roles.listenerEndpointsReplicantsOnly),
    {
      name: "balance",
      limit: `≤ ${MAX_IMBALANCE} × mean`,
      figure: String(balance),
      pass: balance <= MAX_IMBALANCE,
    },
  ];
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function inSeconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
