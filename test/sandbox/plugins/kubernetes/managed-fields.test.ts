import assert from "node:assert/strict";
import test from "node:test";
import { hasCreateEntry, takeOver } from "../../../../sandbox/plugins/kubernetes/managed-fields";
import type { JsonObject } from "../../../../sandbox/plugins/rpc/json";

const OWN = "pulumi-kubernetes-0a0b0c0d";
const entry = (manager: string, operation: string, field: string, more: JsonObject = {}) => ({
  manager,
  operation,
  apiVersion: "v1",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:spec": { [`f:${field}`]: {} } },
  ...more,
});
const live = (...managedFields: JsonObject[]): JsonObject => ({ metadata: { managedFields } });

test("fields of kubectl and of our create request become ours", () => {
  const taken = takeOver(
    live(
      entry("pulumi-kubernetes", "Update", "ports"),
      entry("kubectl-patch", "Update", "selector"),
      entry("kubectl", "Apply", "type"),
    ),
    OWN,
  );
  assert.deepEqual(taken, [
    {
      ...entry(OWN, "Apply", ""),
      fieldsV1: { "f:spec": { "f:ports": {}, "f:selector": {}, "f:type": {} } },
    },
  ]);
});

test("managers of any other name keep their fields", () => {
  const others = [
    entry("emqx-rollout", "Apply", "selector"),
    entry("emqx-ops", "Update", "type"),
    entry("kubectl", "Update", "status", { subresource: "status" }),
  ];
  assert.equal(takeOver(live(...others), OWN), undefined);
  const taken = takeOver(live(...others, entry("kubectl-edit", "Update", "ports")), OWN);
  assert.deepEqual(taken?.slice(0, 3), others);
});

test("what was ours already stays ours", () => {
  const own = entry(OWN, "Apply", "ports");
  assert.equal(takeOver(live(own), OWN), undefined);
  const taken = takeOver(live(own, entry("kubectl-label", "Update", "selector")), OWN);
  assert.deepEqual(taken, [
    { ...own, fieldsV1: { "f:spec": { "f:ports": {}, "f:selector": {} } } },
  ]);
});

test("an object that was never updated is recognised", () => {
  assert.equal(hasCreateEntry(live(entry("pulumi-kubernetes", "Update", "ports"))), true);
  assert.equal(hasCreateEntry(live(entry(OWN, "Apply", "ports"))), false);
});
