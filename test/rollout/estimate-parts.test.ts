import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateParts, total } from "../../components/rollout/estimate-parts";
import { emptyRecord } from "../../components/rollout/record";
import type { Phase, RolloutEntry } from "../../components/rollout/types";
import { blues, cluster, greens, on, wanted } from "./fixtures";

const past = (seconds: Partial<Record<Phase, number>>, kind: RolloutEntry["kind"] = "create") => ({
  id: "x-1",
  kind,
  from: null,
  to: "x",
  toImage: "emqx/emqx:6.0.1",
  phase: "Done" as const,
  aborting: false,
  startedAt: "",
  phases: Object.entries(seconds).map(([name, value]) => ({
    name: name as Phase,
    startedAt: "",
    seconds: value,
  })),
  nodes: [],
});

const record = (...entries: RolloutEntry[]) => ({ ...emptyRecord(), history: entries });
const busy = { liveConnections: 300, connections: 350 };

test("start, drain and removal add up", () => {
  const parts = estimateParts(
    cluster(blues(busy)),
    wanted(),
    record(past({ Preflight: 1, CreateGreen: 1, WaitGreen: 18, Retire: 4 })),
  );
  // 2 x 300 at 100/s, one behind the other, then 10 s of takeover and 50 sessions at 50/s, after
  // 10 s of initial delay.
  assert.deepEqual(parts, { start: 20, drain: 10 + 6 + 10 + 1 + 1, removal: 4, measured: true });
  assert.equal(total(parts), 52);
});

test("a rollout that was killed and resumed does not spoil the measure", () => {
  const entries = [past({ WaitGreen: 900 }), past({ WaitGreen: 20 }), past({ WaitGreen: 22 })];
  assert.equal(estimateParts(cluster(blues()), wanted(), record(...entries)).start, 22);
  assert.equal(estimateParts(cluster(blues()), wanted(), record(...entries.slice(0, 2))).start, 20);
});

test("scaling and failures are no measure of a start", () => {
  const entries = [
    past({ WaitGreen: 1 }, "scale"),
    { ...past({ WaitGreen: 600 }), phase: "Failed" as const },
  ];
  assert.equal(estimateParts(cluster(blues()), wanted(), record(...entries)).measured, false);
});

test("what is done already costs nothing any more", () => {
  const observation = {
    ...cluster([...blues(busy), ...greens()]),
    service: on("green", []),
  };
  const parts = estimateParts(observation, wanted(), record(past({ WaitGreen: 20, Retire: 4 })));
  assert.equal(parts.start, 0);
  assert.equal(parts.drain, 6 + 10 + 1 + 1);
});

test("nothing to do takes no time", () => {
  const observation = { ...cluster(greens()), service: on("green", []) };
  assert.equal(total(estimateParts(observation, wanted(), record())), 0);
});
