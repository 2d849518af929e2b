import assert from "node:assert/strict";
import { test } from "node:test";
import { requested, shortages } from "../../../../sandbox/node-agent/node/fit";
import { parseQuantity } from "../../../../sandbox/node-agent/node/quantity";
import { makePod } from "../fixtures/objects";

const capacity = { cpu: 4, memory: parseQuantity("8Gi"), pods: 3 };
const asking = (cpu: string, memory = "1Gi") =>
  makePod({ resources: { requests: { cpu, memory } } });

test("quantities are read in all their notations", () => {
  assert.deepEqual(["500m", "2", "1Gi", "1k", "1e3", "0"].map(parseQuantity), [
    0.5,
    2,
    2 ** 30,
    1000,
    1000,
    0,
  ]);
  assert.throws(() => parseQuantity("lots"), /Expected a quantity/);
});

test("a pod fits until cpu, memory or the number of pods runs out", () => {
  assert.deepEqual(shortages(asking("3"), [asking("1")], capacity), []);
  assert.deepEqual(shortages(asking("3"), [asking("1500m")], capacity), ["Insufficient cpu"]);
  assert.deepEqual(shortages(asking("5", "9Gi"), [], capacity), [
    "Insufficient cpu",
    "Insufficient memory",
  ]);
  const three = [makePod(), makePod(), makePod()];
  assert.deepEqual(shortages(makePod(), three, capacity), ["Too many pods"]);
});

test("pods that are over need no room", () => {
  const over = { ...asking("4"), status: { phase: "Succeeded" } };
  assert.deepEqual(shortages(asking("4"), [over], capacity), []);
});

test("the larger of init containers and containers counts", () => {
  const pod = asking("1");
  pod.spec.initContainers = [{ name: "i", resources: { requests: { cpu: "3" } } }];
  assert.equal(requested(pod, "cpu"), 3);
});
