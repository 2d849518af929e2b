/** Settings of a stack: a mistake is told with its key, or the cluster's own rules have the last word. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { isEmqxError } from "../../components/errors";
import { validateCluster } from "../../components/validate";
import { withoutOutputs } from "../../components/without-outputs";
import type * as stack from "../../stack-args";
import { CANARY, cases, SEED, strings } from "./values";

let subject: typeof stack;

before(async () => {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
    "pulumi-emqx",
    "staging",
  );
  subject = await import("../../stack-args.js");
});

const keys = [
  "name namespace image imagePullPolicy replicas replicants initialDelaySeconds connEvictRate",
  "sessEvictRate waitTakeover gate nodePort storageSize storageClass antiAffinity monitoring spec x",
].flatMap((line) => line.split(" "));

const spec = fc.constantFrom(
  "{",
  "[]",
  '{"__proto__": {"image": "x"}}',
  '{"coreTemplate": {"__proto__": {"spec": {}}}}',
  '{"config": null}',
  '{"updateStrategy": {"constructor": 1}}',
);

test(`settings of a stack are refused by key, or by the cluster's rules (seed ${SEED})`, () => {
  const setting = fc.tuple(fc.constantFrom(...keys), fc.oneof(strings, spec));
  const property = fc.property(fc.array(setting, { maxLength: 4 }), (given) => {
    const all: Record<string, string> = {
      image: "emqx/emqx:6.1.0",
      license: CANARY,
      ...Object.fromEntries(given),
    };
    const prefixed = Object.entries(all).map(([key, value]) => [`pulumi-emqx:${key}`, value]);
    pulumi.runtime.setAllConfig(Object.fromEntries(prefixed));
    try {
      const { name, args } = subject.clusterOfStack();
      for (const { property: at, reason } of validateCluster({ ...withoutOutputs(args), name })) {
        assert.ok(at.length > 0);
        assert.ok(!reason.includes(CANARY));
      }
      assert.equal(Object.getPrototypeOf(args), Object.prototype);
    } catch (error) {
      assert.ok(isEmqxError(error), error instanceof Error ? error.stack : String(error));
      assert.equal(error.code, "EMQX_INVALID_ARGUMENT");
      assert.match(error.message, /pulumi-emqx:\w+: (expected|no such setting|.* needs)/);
      assert.ok(!error.message.includes(CANARY));
    }
  });
  const run = fc.check(property, { seed: SEED, numRuns: cases(1000) });
  assert.ok(!run.failed, `${String(run.errorInstance)} ${JSON.stringify(run.counterexample)}`);
});
