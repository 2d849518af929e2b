import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  isTopicFilter,
  isTopicName,
  sharedFilter,
  topicMatches,
  TopicTable,
} from "../../../sandbox/emqx/broker/topics";

const level = fc.constantFrom("a", "b", "", "$s");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filter = fc
  .tuple(
    fc.array(fc.constantFrom("a", "b", "", "$s", "+"), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([levels, all]) => [...levels, ...(all ? ["#"] : [])].join("/"));

describe("topics", () => {
  test("filters match as MQTT says", () => {
    const cases: [string, string, boolean][] = [
      ["a/b", "a/b", true],
      ["a/+", "a/b", true],
      ["a/+", "a", false],
      ["a/+", "a/b/c", false],
      ["a/#", "a", true],
      ["a/#", "a/b/c", true],
      ["#", "a/b", true],
      ["#", "$SYS/x", false],
      ["+/x", "$SYS/x", false],
      ["$SYS/#", "$SYS/x", true],
      ["+/+", "/x", true],
    ];
    for (const [pattern, name, expected] of cases) {
      assert.equal(topicMatches(pattern, name), expected, `${pattern} ${name}`);
    }
  });

  test("names and filters are checked", () => {
    assert.ok(isTopicName("a/b") && !isTopicName("a/+") && !isTopicName(""));
    assert.ok(isTopicFilter("a/+/#") && !isTopicFilter("a/#/b") && !isTopicFilter("a+/b"));
    assert.deepEqual(sharedFilter("$share/g/a/#"), { group: "g", filter: "a/#" });
    assert.equal(sharedFilter("a/$share"), undefined);
  });

  test("the table finds exactly the filters that match, also after removals", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(filter, fc.nat(3)), { maxLength: 20 }),
        fc.array(fc.nat(19), { maxLength: 8 }),
        topic,
        (entries, removals, name) => {
          const table = new TopicTable<number, string>();
          const model = new Map<string, Set<number>>();
          for (const [pattern, key] of entries) {
            assert.equal(table.set(pattern, key, pattern), !model.has(pattern));
            model.set(pattern, (model.get(pattern) ?? new Set()).add(key));
          }
          for (const index of removals) {
            const [pattern, key] = entries[index] ?? ["", 0];
            const keys = model.get(pattern);
            const last = keys?.delete(key) === true && keys.size === 0;
            if (keys?.size === 0) model.delete(pattern);
            assert.equal(table.delete(pattern, key), last);
          }
          const found: string[] = [];
          table.match(name, (key, pattern) => found.push(`${pattern} ${key}`));
          const expected = [...model].flatMap(([pattern, keys]) =>
            topicMatches(pattern, name) ? [...keys].map((key) => `${pattern} ${key}`) : [],
          );
          assert.deepEqual(found.sort(), expected.sort());
          assert.equal(table.size, model.size);
          assert.deepEqual([...table.filters()].sort(), [...model.keys()].sort());
        },
      ),
      { numRuns: 500 },
    );
  });
});
