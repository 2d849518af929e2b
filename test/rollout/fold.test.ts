import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../../components/rollout/fold";
import { summary } from "../../components/rollout/milestones";
import type { Decision, NodeFigures, RolloutRecord } from "../../components/rollout/types";
import { blues, cluster, greens, NOW, record, wanted } from "./fixtures";

const DRAINING = record(["WaitGreen", "Promote", "Evacuate"]);

const after = (story: RolloutRecord, changes: Partial<Decision>) =>
  fold(
    story,
    { phase: "Evacuate", actions: [], waitingFor: "", ...changes },
    {
      observation: cluster([...blues(), ...greens()]),
      desired: wanted(),
      hashVersion: 1,
      now: NOW,
    },
  );

const seen = (...figures: NodeFigures[]): Partial<Decision> => ({
  progress: {
    drained: 0,
    leaving: 2,
    connectionsLeft: 0,
    sessionsLeft: 0,
    connectionsAtStart: 0,
    figures,
    etaSeconds: 0,
  },
});

test("a hold for clients that stay away is on record until they are back", () => {
  const away = { until: 40, since: new Date(NOW).toISOString() };
  const held = after(DRAINING, { away });
  assert.deepEqual(held.current?.away, away);
  assert.deepEqual(after(held, {}).current?.away, away);
  const over = after(held, { away: null });
  assert.ok(over.current && !("away" in over.current));
});

test("a rollout taken up again where it was held keeps what was there before it", () => {
  const current = { ...DRAINING.current!, from: "red", before: { core: 5 }, finishedAt: "then" };
  const next = (phase: "Held" | "Failed", to = "green") =>
    after({ ...DRAINING, current: { ...current, phase, to } }, {}).current;
  assert.deepEqual([next("Held")?.from, next("Held")?.before], ["red", { core: 5 }]);
  assert.deepEqual([next("Failed")?.from, next("Failed")?.before], ["blue", { core: 2 }]);
  assert.equal(next("Held", "other")?.from, "blue");
  assert.notEqual(next("Held")?.id, current.id);
});

test("who is away when sessions begin to be moved is counted once, and told in the summary", () => {
  const figures = { node: "n", connections: 10, sessions: 2 };
  const begun = after(DRAINING, seen(figures));
  const counted = after(begun, seen({ node: "n", connections: 0, sessions: 5, away: 3 }));
  assert.deepEqual(counted.current?.nodes, [{ ...figures, away: 3 }]);
  const later = after(counted, seen({ node: "n", connections: 0, sessions: 1, away: 1 }));
  assert.deepEqual(later.current?.nodes, [{ ...figures, away: 3 }]);
  assert.ok(later.current);
  assert.match(summary("c", later.current), /\(3 clients were still away after waitTakeover\)/);
});
