import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateParts, total } from "../../components/rollout/estimate-parts";
import { emptyRecord } from "../../components/rollout/record";
import type { Phase, RolloutEntry } from "../../components/rollout/types";
import { blues, cluster, greens, node, on, replicant, wanted } from "./fixtures";

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

test("without evacuation each busy node waits its turn, an empty one costs nothing", () => {
  const unsupported = { evacuation: { state: "unsupported" as const } };
  const nodes = [...blues({ ...busy, ...unsupported }), node("blue", 2, unsupported)];
  const parts = estimateParts(cluster(nodes), wanted(), record());
  // Two times 10 s of waitTakeover with 5 s between them, 1 s for the switch, 10 s of initial delay.
  assert.equal(parts.drain, 2 * 10 + 5 + 1 + 10);
});

test("replicants start after the cores", () => {
  const desired = { ...wanted(), replicants: { revision: "r", replicas: 2 } };
  assert.equal(estimateParts(cluster(blues()), desired, record()).start, 90);
  const observation = { ...cluster(greens()), service: on("green", []) };
  assert.equal(estimateParts(observation, desired, record()).start, 45);
  const all = [...greens(), replicant("r", 0), replicant("r", 1)];
  const settled = { ...cluster(all), service: on("r", []) };
  assert.equal(total(estimateParts(settled, desired, record())), 0);
});

test("a rolling update takes every pod's start, or what the last one took", () => {
  const desired = { ...wanted(), revision: "rolling", rolling: { template: "new" } };
  const pods = [0, 1, 2].map((i) => node("rolling", i, { template: i > 1 ? "new" : "old" }));
  const observation = { ...cluster(pods), service: on("rolling", []) };
  assert.equal(total(estimateParts(observation, desired, record())), 2 * 50);
  const last = past({ CreateGreen: 1, WaitGreen: 29 }, "rolling");
  assert.deepEqual(estimateParts(observation, desired, record(last)), {
    start: 30,
    drain: 0,
    removal: 0,
    measured: true,
  });
});
