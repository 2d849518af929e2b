/** What an upgrade must have kept, whatever happened to its pods. */
import assert from "node:assert/strict";
import type { FleetProcess } from "../../../sandbox/load/process";
import type { Report } from "../../../sandbox/measure/report";
import type { Scenario } from "../../../sandbox/scenario";

export interface Losses {
  /**
   * Sessions that the fault itself destroys: those that a lost pod held in memory, which no other
   * node has a copy of. Default 0.
   */
  sessions?: number;
  /** Times that a client may be cut: once by the upgrade, once more by a pod that dies. Default 1. */
  cuts?: number;
}

/** Nothing more was lost than the fault takes with it, and nothing old is left. */
export function assertKept(report: Report, { sessions = 0, cuts = 1 }: Losses = {}): void {
  assert.ok(report.sessionsExpected > 0 && report.qos1Published > 0);
  assert.ok(
    report.sessionsLost <= sessions,
    `${report.sessionsLost} sessions were lost, the pod held ${sessions}`,
  );
  assert.equal(report.qos1LostByKept, 0, "messages of sessions that were never gone");
  if (sessions === 0) assert.equal(report.qos1Lost, 0);
  assert.ok(report.maxDisconnectsPerClient <= cuts, `cut ${report.maxDisconnectsPerClient} times`);
  assert.ok(report.maxSetsBehindService <= 1, "one colour behind the Service at a time");
  assert.deepEqual(report.blueObjectsLeft, []);
  assert.deepEqual(report.evacuationsLeft, []);
  assert.deepEqual(
    report.clusterNodes.map(({ node, node_status }) => [node, node_status]).sort(),
    report.expectedNodes.map((node) => [node, "running"]).sort(),
  );
}

/**
 * Messages per second: few, since an upgrade that is held up for minutes must not fill the queues
 * of those who are away (EMQX keeps 1000 messages for each).
 */
const MESSAGES = 30;

/** A fleet for one fault, ended with it. */
export async function withFleet<T>(
  scenario: Scenario,
  [clients, offline]: [number, number],
  body: (fleet: FleetProcess) => Promise<T>,
): Promise<T> {
  const fleet = await scenario.connect({ clients, offline, messagesPerSecond: MESSAGES });
  try {
    return await body(fleet);
  } finally {
    await fleet.stop();
  }
}
