import assert from "node:assert/strict";
import { test } from "node:test";
import { clockTime, RateMeter, statusLine } from "../../components/rollout/progress";
import type { Decision } from "../../components/rollout/types";

const evacuating = (changes: object = {}): Decision => ({
  phase: "Evacuate",
  actions: [],
  waitingFor: "",
  progress: {
    drained: 1,
    leaving: 3,
    connectionsLeft: 960,
    sessionsLeft: 0,
    connectionsAtStart: 3000,
    figures: [],
    etaSeconds: 32.4,
    ...changes,
  },
});

test("the line of a drain says node, share, rate and time left", () => {
  assert.equal(statusLine(evacuating(), 981), "Evacuating 2/3 · 68% · 981/s · ETA 0:33");
});

test("sessions that wait count, and 100 % is said only when nothing is left", () => {
  const nodes = [{ node: "n", connections: 3000, sessions: 1000 }];
  const share = (changes: object) =>
    / · (\d+)% /.exec(statusLine(evacuating(changes), 0, { nodes }))?.[1];
  assert.equal(share({ connectionsLeft: 0, sessionsLeft: 1000 }), "75");
  assert.equal(share({ connectionsLeft: 1, sessionsLeft: 0 }), "99");
  assert.equal(share({ connectionsLeft: 0, sessionsLeft: 0 }), "100");
  assert.equal(share({ connectionsLeft: 3000, sessionsLeft: 1500 }), "0");
});

test("other phases say what is waited for", () => {
  const decision: Decision = { phase: "WaitGreen", actions: [], waitingFor: "1/3 nodes ready" };
  assert.equal(statusLine(decision, 0), "Waiting for the new nodes: 1/3 nodes ready");
});

test("the rate is an average, and batches do not make it higher than it is", () => {
  const meter = new RateMeter();
  let left = 1000;
  let rate = 0;
  for (let at = 0; at <= 8000; at += 250) {
    if (at % 1000 === 0) left -= 100;
    rate = meter.add(at, left);
  }
  assert.ok(rate >= 80 && rate <= 120, String(rate));
  assert.ok(meter.peak > 60 && meter.peak <= 100, String(meter.peak));
});

test("times are minutes and seconds", () => {
  assert.equal(clockTime(0), "0:00");
  assert.equal(clockTime(32.4), "0:33");
  assert.equal(clockTime(3601), "60:01");
});
