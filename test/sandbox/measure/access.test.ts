import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { deniedTo, podSecurityViolations, usesOf } from "../../../sandbox/measure/access";
import { temporaryFolder } from "../toolchain/temporary-folder";

const by = (username: string) => ({ user: { username }, userAgent: "agent" });
const objectRef = (resource: string, more = {}) => ({ objectRef: { resource, ...more } });
const ENTRIES = [
  { ...by("sandbox-runner"), verb: "get", ...objectRef("pods", { subresource: "log" }) },
  {
    ...by("sandbox-runner"),
    verb: "patch",
    ...objectRef("statefulsets", { apiGroup: "apps", namespace: "n", name: "s" }),
    responseStatus: { code: 201 },
    annotations: { "pod-security.kubernetes.io/audit-violations": "would violate" },
  },
  {
    ...by("sandbox-runner"),
    verb: "list",
    ...objectRef("secrets", { namespace: "n" }),
    responseStatus: { code: 403 },
    annotations: { "authorization.k8s.io/decision": "forbid" },
  },
  {
    ...by("sandbox-runner"),
    verb: "create",
    ...objectRef("selfsubjectaccessreviews", { apiGroup: "authorization.k8s.io" }),
  },
  { ...by("sandbox-runner"), verb: "get" },
  {
    ...by("somebody"),
    verb: "list",
    ...objectRef("nodes"),
    annotations: { "authorization.k8s.io/decision": "forbid" },
  },
];

const logged = (t: test.TestContext): string => {
  const file = join(temporaryFolder(t), "audit.jsonl");
  writeFileSync(file, `${ENTRIES.map((entry) => JSON.stringify(entry)).join("\n")}\n{"cut`);
  return file;
};

test("the runner's uses are told by verb and resource, an apply that creates as both", (t) => {
  const uses = usesOf(logged(t)).map(({ verb, group, resource }) => `${verb} ${group}/${resource}`);
  assert.deepEqual(uses, [
    "get /pods/log",
    "patch apps/statefulsets",
    "create apps/statefulsets",
    "list /secrets",
  ]);
});

test("what was denied to the runner is told, and what was denied to others is not", (t) => {
  assert.deepEqual(deniedTo(logged(t)), ["list secrets n/"]);
});

test("breaches of Pod Security are told by object and reason", (t) => {
  assert.deepEqual(podSecurityViolations(logged(t)), ["statefulsets n/s: would violate"]);
});
