import assert from "node:assert/strict";
import test from "node:test";
import { check, type CheckCall } from "../../../../sandbox/plugins/kubernetes/check";
import { textAt, type JsonObject } from "../../../../sandbox/plugins/rpc/json";
import { secret, UNKNOWN } from "../../../../sandbox/plugins/rpc/properties";

const URN = "urn:pulumi:dev::p::kubernetes:core/v1:Secret::creds";

function checked(news: JsonObject, more: Partial<CheckCall> = {}): JsonObject {
  const call = { urn: URN, olds: {}, randomSeed: Buffer.from("seed"), namespace: "default" };
  return check({ ...call, news: { apiVersion: "v1", kind: "Secret", ...news }, ...more });
}

test("an object without a name gets one of its own and says so", () => {
  const inputs = checked({});
  assert.match(textAt(inputs, "metadata", "name") ?? "", /^creds-[0-9a-f]{8}$/);
  assert.equal(textAt(inputs, "metadata", "annotations", "pulumi.com/autonamed"), "true");
  assert.deepEqual(checked({}), inputs, "the same seed names alike");
});

test("an autonamed object keeps its name, a replacement gets a new one", () => {
  const olds = checked({});
  const later = { randomSeed: Buffer.from("another seed") };
  assert.equal(
    textAt(checked({}, { ...later, olds }), "metadata", "name"),
    textAt(olds, "metadata", "name"),
  );
  assert.notEqual(textAt(checked({}, later), "metadata", "name"), textAt(olds, "metadata", "name"));
});

test("the engine's own naming rule is honoured, a given name wins over it", () => {
  const proposed = { autonaming: { proposedName: "proposed", disabled: false } };
  assert.equal(textAt(checked({}, proposed), "metadata", "name"), "proposed");
  const given = checked({ metadata: { name: "given" } }, proposed);
  assert.equal(textAt(given, "metadata", "name"), "given");
  assert.throws(
    () => checked({}, { autonaming: { proposedName: "", disabled: true } }),
    /autonaming is disabled, resource requires the \.metadata\.name field to be set/,
  );
});

test("a namespaced object goes to the default namespace, others have none", () => {
  assert.equal(textAt(checked({}), "metadata", "namespace"), "default");
  const elsewhere = checked({ metadata: { name: "a", namespace: "b" } });
  assert.equal(textAt(elsewhere, "metadata", "namespace"), "b");
  assert.equal(textAt(checked({}, { namespace: undefined }), "metadata", "namespace"), undefined);
});

test("stringData is folded into data and stays secret", () => {
  const inputs = checked({ stringData: secret({ a: "x" }), data: secret({ b: "eQ==" }) });
  assert.equal(inputs["stringData"], undefined);
  assert.deepEqual(inputs["data"], secret({ a: "eA==", b: "eQ==" }));
});

test("unknown stringData cannot be folded", () => {
  const inputs = checked({ stringData: { a: UNKNOWN } });
  assert.deepEqual(inputs["stringData"], { a: UNKNOWN });
  assert.equal(inputs["data"], undefined);
});

test("fields that only the API server writes are dropped, labels are not added", () => {
  const metadata = { name: "a", uid: "u", resourceVersion: "1", creationTimestamp: "now" };
  assert.deepEqual(checked({ metadata, status: {} }), {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "a", namespace: "default" },
  });
});
