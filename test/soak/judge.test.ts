import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../../sandbox/measure/report";
import { judge } from "./judge";
import { RATE } from "./soak";
import type { Step, Strike } from "./step";
import { START } from "./walk";

const at = { phase: "Evacuate" as const, milliseconds: 0 };
const other = { ...START, image: "emqx/emqx:6.1.0" };
const step = (strike?: Strike, then?: Step["then"]): Step => ({
  number: 1,
  from: START,
  goal: other,
  ...(strike && { strike }),
  ...(then && { then }),
});
const kill = { kind: "kill", who: "both", at } as const;

const report = (changes: Partial<Report> = {}): Report =>
  ({
    connEvictRate: RATE,
    clients: 60,
    desiredReplicas: 3,
    peakDisconnectsPerSecond: 20,
    minReadyEndpoints: 3,
    maxSetsBehindService: 1,
    blueDeletions: [],
    maxDisconnectsPerClient: 1,
    minConnectedFraction: 0.1,
    sessionsExpected: 40,
    sessionsLost: 0,
    qos1Published: 100,
    qos1Lost: 0,
    evacuationsLeft: [],
    blueObjectsLeft: [],
    clusterNodes: [],
    expectedNodes: [],
    ...changes,
  }) as unknown as Report;

test("an upgrade that keeps its promises breaks nothing, however slow the machine", () => {
  assert.deepEqual(judge(step(), report()), []);
});

test("a lost session, a second disconnect and a missing endpoint are told", () => {
  assert.match(judge(step(), report({ sessionsLost: 2 })).join(), /I6: 2 sessions/);
  assert.match(judge(step(), report({ qos1Lost: 1 })).join(), /I6: 1 acknowledged/);
  assert.match(
    judge(step(), report({ maxDisconnectsPerClient: 2 })).join(),
    /I4: .* 2 times, at most 1/,
  );
  assert.match(judge(step(), report({ minReadyEndpoints: 2 })).join(), /I2: .* 2 ready/);
  assert.match(judge(step(), report({ sessionsExpected: 0 })).join(), /load/);
});

test("a change of mind moves clients once more, a kill that is gone on from does not", () => {
  const twice = report({ maxDisconnectsPerClient: 2 });
  assert.deepEqual(judge(step(kill, START), twice), []);
  assert.equal(judge(step(kill), twice).length, 1);
  assert.deepEqual(judge(step({ kind: "abort", at }), twice), []);
});

test("a pod that is deleted under its clients excuses their sessions, one before the switch does not", () => {
  const lost = report({ sessionsLost: 5 });
  assert.deepEqual(judge(step({ kind: "deleteGreen", at, pick: 0 }), lost), []);
  const before = { phase: "WaitGreen" as const, milliseconds: 0 };
  assert.equal(judge(step({ kind: "deleteGreen", at: before, pick: 0 }), lost).length, 1);
});

test("evictions are bounded by the rate, with a batch more after a strike", () => {
  const many = report({ peakDisconnectsPerSecond: 3 * RATE });
  assert.equal(judge(step(), many).length, 1);
  assert.deepEqual(judge(step(kill), many), []);
});

test("the Service needs the fewest nodes of what is wanted on the way", () => {
  const smaller = { ...step(), goal: { ...START, cores: 2 } };
  assert.deepEqual(judge(smaller, report({ minReadyEndpoints: 2 })), []);
});
