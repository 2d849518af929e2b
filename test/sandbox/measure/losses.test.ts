import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute, type Loss } from "../../../sandbox/measure/losses";

const loss = (kind: Loss["kind"], clientId: string, at: number, payload?: string): Loss => ({
  ...{ kind, clientId, at, node: "emqx@a" },
  ...(payload !== undefined && { payload }),
});
const fleet = {
  clientPrefix: "fleet-x-",
  missing: [
    ["fleet-x-3", "17", true],
    ["fleet-x-4", "18", true],
  ] as [string, string, boolean][],
  disconnects: [
    [1_000, 0, 3],
    [2_000, 1, 3],
    [2_100, 1, 4],
  ] as [number, number, number][],
};

test("a message that a client missed counts as EMQX's only when EMQX owns up to it", () => {
  const losses = [
    loss("message", "fleet-x-3", 1_500, "17"),
    loss("message", "fleet-x-3", 1_500, "99"),
    loss("message", "fleet-x-5", 1_500, "18"),
  ];
  assert.equal(attribute(losses, fleet, 0).messages, 1);
  assert.equal(attribute([], fleet, 0).messages, 0);
  assert.equal(attribute(losses, fleet, 1_600).messages, 0, "before the upgrade");
});

test("a second cut is a disconnect of that client at that moment, each counted once", () => {
  const cuts = attribute([loss("second-cut", "fleet-x-4", 2_050)], fleet, 0).secondCuts;
  assert.deepEqual([...cuts], [[2_100, 1, 4]]);
  const twice = [loss("second-cut", "fleet-x-4", 2_050), loss("second-cut", "fleet-x-4", 2_060)];
  assert.equal(attribute(twice, fleet, 0).secondCuts.size, 1);
  const elsewhere = [loss("second-cut", "fleet-x-4", 60_000), loss("second-cut", "other-4", 2_050)];
  assert.equal(attribute(elsewhere, fleet, 0).secondCuts.size, 0);
});
