import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ConnectionTable } from "../../../../sandbox/node-agent/network/connection-table";
import { Deck } from "../../../../sandbox/node-agent/network/deck";

test("a deck deals each target equally often, and follows a change at once", () => {
  const deck = new Deck<string>((target) => target);
  assert.equal(deck.draw([]), undefined);
  const counts = new Map<string, number>();
  for (let i = 0; i < 300; i += 1) {
    const drawn = deck.draw(["a", "b", "c"]) ?? "";
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  assert.deepEqual([...counts].sort(), [
    ["a", 100],
    ["b", 100],
    ["c", 100],
  ]);
  deck.draw(["a", "b", "c"]);
  for (let i = 0; i < 10; i += 1) assert.equal(deck.draw(["d"]), "d");
});

test("a connection table tells the pod of a source port to another reader", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "connections-"));
  const reader = new ConnectionTable(folder, 32010, "read");
  const writer = new ConnectionTable(folder, 32010, "write");
  assert.equal(reader.get(40_000), undefined);
  writer.set(40_000, "10.88.7.9");
  assert.equal(reader.get(40_000), "10.88.7.9");
  assert.equal(reader.get(39_999), undefined);
  assert.equal(reader.get(40_001), undefined);
  writer.close();
  reader.close();
  rmSync(folder, { recursive: true });
});
