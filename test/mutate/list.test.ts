import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../support/runner";
import { MUTATIONS } from "./list";
import { mutate } from "./mutation";

test("each mutation has a name of its own and says which promise it breaks", () => {
  const ids = MUTATIONS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { id, breaks } of MUTATIONS) {
    assert.match(id, /^[a-z]+(-[a-z]+)*$/);
    assert.match(breaks, /^[A-Z].*\.$/);
  }
});

test("each mutation fits the rules as they are, and changes them", () => {
  const files = new Map<string, string>();
  for (const mutation of MUTATIONS) {
    const { file } = mutation;
    const text = files.get(file) ?? readFileSync(join(root, file), "utf8");
    files.set(file, text);
    assert.notEqual(mutate(text, mutation), text, mutation.id);
  }
});

test("a text that is not there exactly once is refused", () => {
  const mutation = { id: "x", file: "f", search: "a", replace: "b", breaks: "It." };
  assert.equal(mutate("cat", mutation), "cbt");
  assert.throws(() => mutate("banana", mutation), /found it 3 times/);
  assert.throws(() => mutate("dog", mutation), /found it 0 times/);
});
