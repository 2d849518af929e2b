import assert from "node:assert/strict";
import { test } from "node:test";
import { misfit, requested } from "../../../../sandbox/node-agent/node/fit";
import { parseQuantity } from "../../../../sandbox/node-agent/node/quantity";
import { makePod } from "../fixtures/objects";

const capacity = {
  cpu: 4,
  memory: parseQuantity("8Gi"),
  pods: 3,
  labels: { "kubernetes.io/os": "linux" },
};
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
  assert.equal(misfit(asking("3"), [asking("1")], capacity), undefined);
  assert.match(misfit(asking("3"), [asking("1500m")], capacity) ?? "", /: 1 Insufficient cpu\./);
  assert.match(
    misfit(asking("5", "9Gi"), [], capacity) ?? "",
    /^0\/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory\./,
  );
  const three = [makePod(), makePod(), makePod()];
  assert.match(misfit(makePod(), three, capacity) ?? "", /1 Too many pods/);
});

test("pods that are over need no room", () => {
  const over = { ...asking("4"), status: { phase: "Succeeded" } };
  assert.equal(misfit(asking("4"), [over], capacity), undefined);
});

test("the larger of init containers and containers counts", () => {
  const pod = asking("1");
  pod.spec.initContainers = [{ name: "i", resources: { requests: { cpu: "3" } } }];
  assert.equal(requested(pod, "cpu"), 3);
});

test("a node selector that the node does not match is named", () => {
  const on = (nodeSelector: Record<string, string>) =>
    misfit(makePod({}, { nodeSelector }), [], capacity);
  assert.equal(on({ "kubernetes.io/os": "linux" }), undefined);
  assert.match(on({ disk: "ssd" }) ?? "", /1 node\(s\) didn't match Pod's node affinity\/selector/);
});
