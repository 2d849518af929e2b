import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { loadAll } from "js-yaml";
import { OTHER_RIGHTS, UPGRADE_RIGHTS, type Right } from "../../components/rollout/rights";

interface Role {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

const roles = loadAll(readFileSync("deploy/role.yaml", "utf8")) as Role[];

/** `verb group/resource`, sorted. */
const flat = (rights: readonly Right[]): string[] => {
  const words = rights.flatMap(({ group, resource, verbs }) =>
    verbs.map((verb) => `${verb} ${group}/${resource}`),
  );
  return [...new Set(words)].sort();
};

const granted = (name: string): string[] => {
  const role = roles.find(({ metadata }) => metadata.name === name);
  assert.ok(role, `expected a Role ${name}`);
  return flat(
    role.rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.map((resource) => ({ group, resource, verbs }))),
    ),
  );
};

test("the shipped Role of the rollout is what the rollout says that it does, no more and no less", () => {
  assert.deepEqual(granted("pulumi-emqx-rollout"), flat([...UPGRADE_RIGHTS, ...OTHER_RIGHTS]));
});

test("no shipped Role has a wildcard, a name twice, or a right outside its namespace", () => {
  assert.deepEqual(
    roles.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name]),
    ["pulumi-emqx-rollout", "pulumi-emqx-resources", "pulumi-emqx-monitoring"].map((name) => [
      "rbac.authorization.k8s.io/v1",
      "Role",
      name,
    ]),
  );
  for (const { metadata } of roles) {
    assert.deepEqual(
      granted(metadata.name).filter((right) => right.includes("*")),
      [],
    );
  }
});

test("the package ships the Roles and the documentation names them", () => {
  const { files } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] };
  assert.ok(files.includes("deploy"));
  const text = readFileSync("docs/rbac.md", "utf8");
  for (const { metadata } of roles) assert.ok(text.includes(metadata.name), metadata.name);
});
