import assert from "node:assert/strict";
import type { Report } from "../../../sandbox/measure/report";
import { resourceCounts } from "../../../sandbox/pulumi-cli";
import type { Scenario } from "../../../sandbox/scenario";
import { brokenInvariants } from "../../e2e/support/faults";

/** No client noticed more than an upgrade, over the whole history, kill and all. */
export function assertUnnoticed(report: Report): void {
  assert.ok(report.sessionsExpected > 0 && report.qos1Published > 0);
  // Where the sets stay, the number of nodes behind the Service is what changes.
  const broken = brokenInvariants(report).filter((line) => report.switched || !/^I2:/.test(line));
  assert.deepEqual(broken, []);
  assert.equal(report.sessionsLost, 0);
  assert.equal(report.qos1Lost, 0);
  assert.ok(report.maxDisconnectsPerClient <= 1, `${report.maxDisconnectsPerClient} disconnects`);
}

export async function assertNothingToDo({ stack }: Scenario): Promise<void> {
  const { output } = await stack.preview();
  const { create, update, replace, delete: gone } = resourceCounts(output);
  const none = { create: 0, update: 0, replace: 0, gone: 0 };
  assert.deepEqual({ create, update, replace, gone }, none, output);
}
