/** Values that are known while the program runs only are judged then, before they reach a file or a name. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type * as components from "../../components";
import { isEmqxError } from "../../components/errors";
import { judgedValue } from "../../components/judged-value";
import { bootstrapKeys, licenseKey } from "../../components/validate";
import { settingRule } from "../../components/enterprise/validate-config";
import { CANARY } from "./values";

let subject: typeof components;

before(async () => {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
    "project",
    "stack",
    false,
  );
  subject = await import("../../components/index.js");
});

const image = "emqx/emqx:6.1.0";

/** The message of the refusal to make a cluster. */
function refusal(args: object, kind: "EmqxCluster" | "EmqxEnterprise" = "EmqxCluster"): string {
  try {
    new subject[kind]("hostile", args as never);
  } catch (error) {
    assert.ok(isEmqxError(error), error instanceof Error ? error.stack : String(error));
    assert.equal(error.code, "EMQX_INVALID_ARGUMENT");
    return error.message;
  }
  return assert.fail("it was accepted");
}

test("what shapes the program cannot be an output", () => {
  assert.match(refusal({ image, name: pulumi.output("a") }), /`name` to be a plain value/);
  assert.match(refusal({ image, namespace: Promise.resolve("a") }), /`namespace` to be a plain/);
  assert.match(refusal({ image, monitoring: pulumi.output({}) }), /`monitoring` to be a plain/);
  const template = { spec: { emqxContainer: { image: { version: "4.4.14" } } } };
  const license = pulumi.output({ stringData: "x" });
  assert.match(refusal({ template, license }, "EmqxEnterprise"), /`license` to be a plain value/);
});

test("a class, a cycle or a resource among the arguments is named", () => {
  const loop: Record<string, unknown> = {};
  loop.loop = loop;
  assert.match(refusal({ image, config: { roots: loop } }), /`config\.roots\.loop` .* itself/);
  assert.match(refusal({ image, config: { roots: { a: new Map() } } }), /got a Map/);
  const resource = new pulumi.ComponentResource("a:b:C", "other");
  assert.match(
    refusal({ image, imagePullSecrets: [resource] }),
    /`imagePullSecrets\[0\]` .* a resource; give one of its outputs/,
  );
  assert.match(refusal(5 as unknown as object), /got `5`|to be set/);
});

test("null means not given", () => {
  const nothing = { name: null, namespace: null, monitoring: null, license: null, config: null };
  new subject.EmqxCluster("nulls", {
    image,
    ...nothing,
    coreTemplate: null,
    replicantTemplate: null,
    updateStrategy: null,
    bootstrapAPIKeys: null,
    dashboardServiceTemplate: null,
    listenersServiceTemplate: null,
    serviceAccountName: null,
  } as never);
});

test("a late value that would be another line, another key or another header is refused unseen", () => {
  const bad: [unknown, string, typeof licenseKey][] = [
    [[{ key: "a", secret: `x\n${CANARY}:y` }], "bootstrapAPIKeys", bootstrapKeys],
    [[{ key: "a:b", secret: CANARY }], "bootstrapAPIKeys", bootstrapKeys],
    [[{ key: "pulumi-emqx", secret: CANARY }], "bootstrapAPIKeys", bootstrapKeys],
    [[null], "bootstrapAPIKeys", bootstrapKeys],
    [`${CANARY}\nx`, "license", licenseKey],
    [`"${CANARY}`, "license", licenseKey],
    [`${CANARY}\nlistener.tcp.external = 1`, "emqxConfig", settingRule],
  ];
  for (const [value, path, rule] of bad) {
    assert.throws(
      () => judgedValue(value, path, rule),
      (error) => {
        assert.ok(isEmqxError(error));
        assert.match(error.message, new RegExp(`^EMQX_INVALID_ARGUMENT: Expected \`${path}`));
        assert.ok(!error.message.includes(CANARY), error.message);
        return true;
      },
    );
  }
});
