import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { isEmqxError } from "../../components/errors";
import { emptyRecord, parseRecord } from "../../components/rollout/record";
import { World } from "./io-fixtures";

let world: World;
before(async () => {
  world = await World.start();
});
beforeEach(() => world.reset());
after(() => world.stop());

test("without a ConfigMap the record is empty, and what is saved is loaded again", async () => {
  const { records } = world.connection;
  assert.deepEqual(await records.load(), emptyRecord());
  const record = { ...emptyRecord(), active: "a", hashVersion: 1 };
  await records.save(record);
  assert.deepEqual(await records.load(), record);
});

test("an unchanged record is not written", async () => {
  const { records } = world.connection;
  await records.save({ ...emptyRecord(), active: "a" });
  await records.load();
  await records.save({ ...emptyRecord(), active: "a" });
  assert.deepEqual(world.api.writes(), ["PATCH configmaps/c-rollout"]);
});

test("saving keeps the control annotation", async () => {
  const { records } = world.connection;
  await records.save(emptyRecord());
  const map = world.api.objects.get("configmaps/c-rollout")!;
  map.metadata.annotations = { "emqx.io/rollout-control": "pause" };
  await records.save({ ...emptyRecord(), active: "b" });
  assert.deepEqual(world.api.objects.get("configmaps/c-rollout")?.metadata.annotations, {
    "emqx.io/rollout-control": "pause",
  });
});

for (const [what, text] of Object.entries({
  "no JSON": "{",
  "a list": "[]",
  "of a later schema": JSON.stringify({ ...emptyRecord(), schemaVersion: 2 }),
  "without history": JSON.stringify({ schemaVersion: 1, hashVersion: 1, active: null }),
  "with half an entry": JSON.stringify({ ...emptyRecord(), current: { to: "a" } }),
})) {
  test(`a record that is ${what} is refused, with where it is and what to do`, () => {
    assert.throws(
      () => parseRecord(text, "ns/c-rollout"),
      (error) => {
        assert.ok(isEmqxError(error));
        assert.equal(error.code, "EMQX_RECORD_INVALID");
        assert.match(error.message, /ns\/c-rollout/);
        return true;
      },
    );
  });
}
