import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { checkInvariants } from "../../../sandbox/measure/invariants";
import type { Report } from "../../../sandbox/measure/report";

/** The limits of an upgrade that do not depend on how fast this machine is. */
export function assertGraceful(report: Report, broken = checkInvariants(report)): void {
  assert.deepEqual(broken, []);
  assert.ok(report.sessionsExpected > 0 && report.qos1Published > 0);
  assert.equal(report.sessionsLost, 0);
  assert.equal(report.qos1Lost, 0);
  assert.equal(report.maxDisconnectsPerClient, 1);
  assert.equal(report.minReadyEndpoints, report.desiredReplicas);
  assert.equal(report.newConnectionsToBlueAfterSwitch, 0);
  assert.deepEqual(report.blueObjectsLeft, []);
  assert.deepEqual(report.evacuationsLeft, []);
}

/** Shows every limit of `report.json` with its figure, the timed ones too. */
export function show(t: TestContext, { checks }: Report): void {
  for (const { name, figure, limit, pass } of checks) {
    t.diagnostic(`${pass ? "ok  " : "over"} ${name} ${figure} (${limit})`);
  }
}
