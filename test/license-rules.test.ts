import assert from "node:assert/strict";
import { test } from "node:test";
import { isExpired, licenseProblem, licenseWarning } from "../components/license-rules";
import type { LicenseFacts } from "../components/rollout/types";

const noon = Date.parse("2026-05-10T12:00:00Z");
const official: LicenseFacts = { type: "official", expiresOn: "2026-05-10", maxSessions: 10 };
const single: LicenseFacts = { type: "single-node", maxSessions: 10 };

test("a licence is valid through its last day", () => {
  assert.equal(isExpired(official, noon), false);
  assert.equal(isExpired(official, noon + 86_400_000), true);
  assert.equal(isExpired({ type: "evaluation" }, noon), false);
});

test("tells the date of an expired licence", () => {
  const late = noon + 86_400_000;
  assert.equal(licenseProblem(official, { nodes: 3, upgrade: true }, noon), undefined);
  assert.match(
    licenseProblem(official, { nodes: 1, upgrade: false }, late) ?? "",
    /^Expected `license` to be valid today, got one whose last day was 2026-05-10\. .* Renew/,
  );
});

test("a single-node licence allows one node and no upgrade", () => {
  assert.equal(licenseProblem(single, { nodes: 1, upgrade: false }), undefined);
  assert.match(
    licenseProblem(single, { nodes: 3, upgrade: false }) ?? "",
    /to allow 3 nodes, got a single-node licence: .*, or run one core and no replicant\.$/,
  );
  assert.match(
    licenseProblem(single, { nodes: 1, upgrade: true }) ?? "",
    /to allow 2 nodes at once, since old and new ones run side by side, got .*25 sessions\)\.$/,
  );
});

test("only an evaluation is worth a warning, with its limits", () => {
  assert.equal(licenseWarning(official), undefined);
  assert.equal(licenseWarning(single), undefined);
  assert.match(
    licenseWarning({ type: "evaluation", maxSessions: 25 }) ?? "",
    /at most 25 sessions in the whole cluster, and .* 30 days/,
  );
  assert.match(
    licenseWarning({ type: "evaluation", maxSessions: 10, expiresOn: "2027-01-01" }) ?? "",
    /at most 10 sessions in the whole cluster, until 2027-01-01,/,
  );
});
