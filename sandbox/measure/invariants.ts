import type { Report } from "./report";

/**
 * What must hold in every upgrade, whatever was done to it: the invariants I1 to I6 and I9, and
 * with replicants what each Service may lead to.
 * Returns one line for each that was broken. Not among them are the limits on time, which depend
 * on the machine and on what a test does in between.
 */
export function checkInvariants(report: Report): string[] {
  const broken: string[] = [];
  const hold = (condition: boolean, line: string): void => void (condition || broken.push(line));
  const { connEvictRate: rate, clients, desiredReplicas: replicas } = report;

  // EMQX evicts once a second, so a window of one second may touch two turns.
  const evictions = report.peakDisconnectsPerSecond;
  hold(evictions <= 2 * rate, `I1: ${evictions} clients were evicted in a second at rate ${rate}`);
  const ready = report.minReadyEndpoints;
  hold(ready >= replicas, `I2: the Service had ${ready} ready endpoints, wanted ${replicas}`);
  const sets = report.maxSetsBehindService;
  hold(sets <= 1, `I2: ${sets} sets were behind the Service at one moment`);
  for (const { pod, t, connected } of report.blueDeletions) {
    hold(connected === 0, `I3: ${pod} was deleted at ${t} s with ${connected} clients on it`);
  }
  const most = report.maxDisconnectsPerClient;
  hold(most <= 1, `I4: a client was disconnected ${most} times`);
  const dip = (1 - report.minConnectedFraction) * clients;
  hold(dip <= 2 * rate, `I5: ${Math.round(dip)} clients were away at one moment at rate ${rate}`);
  hold(report.sessionsLost === 0, `I6: ${report.sessionsLost} sessions were lost`);
  hold(report.qos1Lost === 0, `I6: ${report.qos1Lost} acknowledged messages were lost`);
  const { evacuationsLeft, blueObjectsLeft, clusterNodes, expectedNodes } = report;
  hold(evacuationsLeft.length === 0, `I9: evacuations go on: ${evacuationsLeft.join(", ")}`);
  hold(blueObjectsLeft.length === 0, `I9: old objects are left: ${blueObjectsLeft.join(", ")}`);
  const { roles } = report;
  if (roles) {
    const lonely = roles.replicantWithoutCore;
    hold(lonely === 0, `roles: at ${lonely} moments a replicant ran without a core of its release`);
    hold(roles.dashboardEndpointsCoresOnly, "roles: a replicant was behind the dashboard Service");
    hold(roles.listenerEndpointsReplicantsOnly, "roles: a core was behind the listeners Service");
  }
  for (const { node, node_status } of clusterNodes) {
    if (report.forgetsLater && node_status === "stopped") continue;
    hold(node_status === "running", `I9: ${node} is listed as ${node_status}`);
    hold(expectedNodes.includes(node), `I9: ${node} is still in the cluster`);
  }
  for (const node of expectedNodes) {
    hold(
      clusterNodes.some((each) => each.node === node),
      `I9: ${node} is not in the cluster`,
    );
  }
  return broken;
}
