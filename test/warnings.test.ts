import assert from "node:assert/strict";
import { test } from "node:test";
import { warningsOf } from "../components/warnings";

test("one core for replicants is worth a warning, none at all is not", () => {
  const replicantTemplate = { spec: { replicas: 2 } };
  assert.match(
    warningsOf({ replicantTemplate }).join(),
    /^One core serves all replicants: .* 2 or more/,
  );
  assert.deepEqual(warningsOf({ replicantTemplate, coreTemplate: { spec: { replicas: 2 } } }), []);
  assert.deepEqual(warningsOf({ replicantTemplate: { spec: { replicas: 0 } } }), []);
  assert.deepEqual(warningsOf({}), []);
});

test("the limits of an evaluation are told", () => {
  assert.match(warningsOf({}, { type: "evaluation", maxSessions: 25 }).join(), /25 sessions/);
  assert.deepEqual(warningsOf({}, { type: "official" }), []);
});
