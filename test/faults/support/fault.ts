/**
 * One fault of docs/faults.md, injected. Each test is measured against the deadline that the
 * document allows; `npm run test:faults` prints them as a table.
 */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import test, { type TestContext } from "node:test";

export interface Fault {
  /** Identifier of the row in docs/faults.md, such as `pod-image-pull`. */
  id: string;
  /** What happens and what the engine does about it, as a sentence. */
  title: string;
  /** Seconds within which the engine must have done what the row says, from the injection on. */
  deadlineSeconds: number;
}

/** What a fault's test tells about itself. */
export interface Course {
  t: TestContext;
  /** Starts the time: call it when the fault is injected. */
  injected(): void;
  /** Stops the time: call it when the engine has done what the row says, for example ended. */
  handled(): void;
}

/** One line of the file that `PULUMI_EMQX_FAULTS_REPORT` names. */
export interface FaultResult extends Fault {
  seconds: number | null;
  passed: boolean;
}

/**
 * Registers the test of a fault. On the model with its virtual clock `now` is that clock's, in
 * milliseconds; by default it is this machine's.
 */
export function fault(
  row: Fault,
  body: (course: Course) => Promise<void>,
  now: () => number = Date.now,
): void {
  test(row.title, async (t) => {
    let from: number | undefined;
    let to: number | undefined;
    const result: FaultResult = { ...row, seconds: null, passed: false };
    try {
      await body({ t, injected: () => (from ??= now()), handled: () => (to ??= now()) });
      assert.ok(
        from !== undefined && to !== undefined,
        "the fault was not injected or not handled",
      );
      result.seconds = Math.round((to - from) / 100) / 10;
      t.diagnostic(`${row.id}: ${result.seconds} s of ${row.deadlineSeconds} s`);
      assert.ok(
        result.seconds <= row.deadlineSeconds,
        `${row.id} took ${result.seconds} s, allowed are ${row.deadlineSeconds} s`,
      );
      result.passed = true;
    } finally {
      const file = process.env.PULUMI_EMQX_FAULTS_REPORT;
      if (file) appendFileSync(file, `${JSON.stringify(result)}\n`);
    }
  });
}
