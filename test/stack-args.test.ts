import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { load } from "js-yaml";
import * as pulumi from "@pulumi/pulumi";
import type * as stack from "../stack-args";
import { validateCluster } from "../components/validate";
import { UNKNOWN } from "../components/unknown";

let subject: typeof stack;

before(async () => {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
    "pulumi-emqx",
    "staging",
  );
  subject = await import("../stack-args.js");
});

/** Reads a configuration as the program would. */
function read(config: Record<string, string>) {
  const prefixed = Object.entries(config).map(([key, value]) => [`pulumi-emqx:${key}`, value]);
  pulumi.runtime.setAllConfig(Object.fromEntries(prefixed));
  return subject.clusterOfStack();
}

/** The settings of a file in the repository, as Pulumi passes them. */
function settingsOf(file: string): Record<string, string> {
  const text = readFileSync(join(__dirname, "..", file), "utf8");
  const { config } = load(text) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.replace("pulumi-emqx:", ""),
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
}

/** Defaults of Pulumi.yaml. */
function defaults(): Record<string, string> {
  const text = readFileSync(join(__dirname, "..", "Pulumi.yaml"), "utf8");
  const { config } = load(text) as { config: Record<string, { default: unknown }> };
  return Object.fromEntries(
    Object.entries(config).map(([key, { default: value }]) => [key, String(value)]),
  );
}

const judged = (args: object) => validateCluster({ ...args, license: UNKNOWN });

test("the stacks dev, staging and prod describe valid clusters", () => {
  for (const name of ["dev", "staging", "prod"]) {
    const { args } = read({ ...defaults(), license: "key", ...settingsOf(`Pulumi.${name}.yaml`) });
    assert.deepEqual(judged(args), [], name);
  }
});

test("dev is one node that needs no licence of its own", () => {
  const { args } = read({ ...defaults(), ...settingsOf("Pulumi.dev.yaml") });
  assert.deepEqual(args.coreTemplate, { spec: { replicas: 1 } });
});

test("prod has replicants, volumes, anti-affinity, monitoring and a gate", () => {
  const { args } = read({ ...defaults(), license: "key", ...settingsOf("Pulumi.prod.yaml") });
  const { coreTemplate, replicantTemplate, updateStrategy, monitoring } = args as unknown as {
    coreTemplate: { spec: Record<string, unknown> };
    replicantTemplate: { spec: Record<string, unknown> };
    updateStrategy: { gate: string };
    monitoring: object;
  };
  assert.equal(replicantTemplate.spec.replicas, 3);
  assert.equal(replicantTemplate.spec.minAvailable, 2);
  assert.ok(coreTemplate.spec.volumeClaimTemplates);
  assert.ok(coreTemplate.spec.affinity && replicantTemplate.spec.affinity);
  assert.equal(updateStrategy.gate, "manual");
  assert.deepEqual(monitoring, {});
});

test("a missing licence is told with the command that sets it", () => {
  const config = { ...defaults(), ...settingsOf("Pulumi.staging.yaml") };
  assert.throws(() => read(config), /pulumi-emqx:license: .*pulumi config set --secret license/);
});

test("open-source EMQX needs no licence", () => {
  assert.equal(read({ image: "emqx/emqx:5.0.6" }).args.license, undefined);
});

test("every mistake is named with its key, all at once", () => {
  const config = { image: "emqx/emqx:5.0.6", replicas: "0", gate: "maybe", monitoring: "yes" };
  const wrong = { ...config, replica: "3", spec: "[1]", storageClass: "fast" };
  assert.throws(
    () => read(wrong),
    (error: Error) => {
      for (const key of ["replicas", "gate", "monitoring", "replica", "spec", "storageClass"]) {
        assert.match(error.message, new RegExp(`- pulumi-emqx:${key}: `));
      }
      return /stack staging has mistakes/.test(error.message);
    },
  );
});

test("`spec` wins over a key of its own, field by field", () => {
  const spec = JSON.stringify({ coreTemplate: { spec: { nodeName: "a" } }, image: "emqx:5.8.6" });
  const { args } = read({ image: "emqx/emqx:6.1.0", replicas: "2", spec });
  assert.deepEqual(args.coreTemplate, { spec: { replicas: 2, nodeName: "a" } });
  assert.equal(args.image, "emqx:5.8.6");
});

test("every key that is read is described in Pulumi.yaml", () => {
  const described = Object.keys(defaults());
  assert.throws(
    () => read({ image: "emqx:5.8.6", nonsense: "1" }),
    (error: Error) => {
      const [, known = ""] = /there are (.*)$/m.exec(error.message) ?? [];
      assert.deepEqual(
        known.split(", ").filter((key) => key !== "spec"),
        known.split(", ").filter((key) => described.includes(key)),
      );
      return true;
    },
  );
});
