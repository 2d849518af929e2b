import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { randomService } from "../../../../sandbox/plugins/random/service";
import { isSecret, reveal, UNKNOWN } from "../../../../sandbox/plugins/rpc/properties";
import { connectProvider, type Provider } from "../provider-client";

const PASSWORD = "urn:pulumi:dev::p::random:index/randomPassword:RandomPassword::pw";
const ID = "urn:pulumi:dev::p::random:index/randomId:RandomId::id";

let provider: Provider;
before(async () => {
  provider = await connectProvider(randomService(), {});
});
after(() => provider.close());

test("a preview knows the options of a password, not the password", async () => {
  const { id, properties } = await provider.create(PASSWORD, { length: 12 }, { preview: true });
  assert.equal(id, "");
  assert.deepEqual(properties, {
    ...{ length: 12, lower: true, upper: true, numeric: true, number: true, special: true },
    ...{ minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 },
    ...{ id: UNKNOWN, result: UNKNOWN, bcryptHash: UNKNOWN },
  });
});

test("a password is a secret, has its length and keeps to the allowed characters", async () => {
  const inputs = { length: 40, special: false, minNumeric: 5 };
  const { id, properties } = await provider.create(PASSWORD, inputs);
  assert.equal(id, "none");
  assert.ok(isSecret(properties["result"]) && isSecret(properties["bcryptHash"]));
  const { result, bcryptHash } = reveal(properties);
  assert.match(String(result), /^[a-zA-Z0-9]{40}$/);
  assert.ok((String(result).match(/[0-9]/g) ?? []).length >= 5);
  assert.match(String(bcryptHash), /^\$2a\$10\$.{53}$/);
  const again = await provider.create(PASSWORD, inputs);
  assert.notEqual(reveal(again.properties)["result"], result);
});

test("an impossible password is refused", async () => {
  await assert.rejects(provider.create(PASSWORD, { length: 2, minLower: 3 }), /at least the sum/);
});

test("an id has the same bytes in every notation", async () => {
  const { id, properties } = await provider.create(ID, { byteLength: 4 });
  assert.match(String(properties["hex"]), /^[0-9a-f]{8}$/);
  assert.equal(id, properties["b64Url"]);
  assert.equal(Buffer.from(id, "base64url").toString("hex"), properties["hex"]);
  assert.equal(Number(properties["dec"]), parseInt(String(properties["hex"]), 16));
});

test("a changed option replaces, an equal one does nothing", async () => {
  const changed = await provider.diff(ID, { byteLength: 4 }, { byteLength: 8 });
  assert.deepEqual([changed.replacesList, changed.deletebeforereplace], [["byteLength"], false]);
  const equal = await provider.diff(ID, { byteLength: 4 }, { byteLength: 4 });
  assert.deepEqual([equal.changes, equal.replacesList], [1, []]);
});

test("a type that nobody plays is named in the error", async () => {
  const pet = "urn:pulumi:dev::p::random:index/randomPet:RandomPet::pet";
  await assert.rejects(provider.create(pet, {}), /not random:index\/randomPet:RandomPet/);
});
