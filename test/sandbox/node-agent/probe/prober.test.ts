import assert from "node:assert/strict";
import { test } from "node:test";
import type { Probe } from "../../../../sandbox/node-agent/kube/types";
import { runProbe } from "../../../../sandbox/node-agent/probe/prober";

/** Plays the given results, one per attempt, and returns what the prober said. */
async function play(probe: Probe, results: (string | undefined)[]): Promise<string[]> {
  const said: string[] = [];
  const over = new AbortController();
  let attempts = 0;
  await runProbe(
    { periodSeconds: 0.005, ...probe },
    async () => {
      const result = results[attempts];
      attempts += 1;
      if (attempts > results.length) over.abort();
      return result;
    },
    {
      passed: () => said.push(`passed after ${attempts}`),
      attemptFailed: () => undefined,
      failed: (message) => said.push(`failed after ${attempts}: ${message}`),
    },
    over.signal,
  );
  return said;
}

test("the verdict turns bad after the failure threshold, in a row only", async () => {
  const results = [undefined, "a", "b", undefined, "a", "b", "c", "d"];
  assert.deepEqual(await play({ failureThreshold: 3 }, results), [
    "passed after 1",
    "failed after 7: c",
  ]);
});

test("the verdict turns good after the success threshold", async () => {
  const results = ["a", undefined, "a", undefined, undefined, undefined];
  assert.deepEqual(await play({ failureThreshold: 1, successThreshold: 2 }, results), [
    "failed after 1: a",
    "passed after 5",
  ]);
});

test("kubelet's defaults are one success and three failures", async () => {
  assert.deepEqual(await play({}, ["x", "x", "x", undefined]), [
    "failed after 3: x",
    "passed after 4",
  ]);
});

test("nothing is said after the abort", async () => {
  const over = new AbortController();
  const said: string[] = [];
  await runProbe(
    { periodSeconds: 0.005 },
    async () => {
      over.abort();
      return undefined;
    },
    {
      passed: () => said.push("passed"),
      attemptFailed: () => said.push("attempt"),
      failed: () => said.push("failed"),
    },
    over.signal,
  );
  assert.deepEqual(said, []);
});
