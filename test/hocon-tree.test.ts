import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settingText } from "../components/hocon-text";
import { mergeHocon, readHocon } from "../components/hocon-tree";

const read = (text: string): string => {
  const reading = readHocon(text);
  if ("problem" in reading) return `problem: ${reading.problem}`;
  return Object.entries(reading.tree)
    .map(([key, value]) => settingText(key, value))
    .join("\n");
};

describe("reading", () => {
  test("dotted keys, quotes, comments, commas and objects make one tree", () => {
    const text = `
      mqtt.max_packet_size = 1MB  # a comment
      "mqtt" { idle_timeout : 15s, max_inflight = 32 } // another
      mqtt.max_inflight = 64
      log.console { level = warning, "time_format" = "a # b" }`;
    assert.equal(
      read(text),
      [
        "mqtt {\n  idle_timeout = 15s\n  max_inflight = 64\n  max_packet_size = 1MB\n}",
        'log {\n  console {\n    level = warning\n    time_format = "a # b"\n  }\n}',
      ].join("\n"),
    );
  });

  test("a document in braces is the document", () => {
    assert.equal(read("{ a { b = 1 } }\n"), read("a.b = 1"));
    assert.match(read("{ a = 1"), /problem: an object that does not end/);
    assert.match(read("{ a = 1 } b"), /problem: something that is no setting/);
  });

  test("lists and strings of several lines stay as they are", () => {
    assert.equal(read("a = [1, {b = 2}\n3]"), "a = [\n  1,\n  {\n    b = 2\n  },\n  3\n]");
    assert.equal(read('a = """x\n  "y"\n""""'), 'a = """x\n  "y"\n""""');
    assert.equal(read("a = []\nb = {}\nc = [1,\n2]"), "a = []\nb {}\nc = [1, 2]");
  });

  test("a later value wins, and an object over a scalar replaces it", () => {
    assert.equal(read("a = 1\na = 2"), "a = 2");
    assert.equal(read("a = 1\na { b = 2 }"), "a {\n  b = 2\n}");
    assert.equal(read("a { b = 2 }\na = 1"), "a = 1");
  });

  test("names of Object.prototype are ordinary keys", () => {
    const reading = readHocon("__proto__.polluted = 1\nconstructor = 2");
    assert.ok("tree" in reading);
    assert.deepEqual(Object.keys(reading.tree), ["__proto__", "constructor"]);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
});

test("whatever cannot be read for certain is a problem with its line", () => {
  const cases: [string, RegExp][] = [
    ["x = 1\na = ${b}", /a substitution in line 2/],
    ["a = x${b}", /a substitution/],
    ['include "file.conf"', /an `include` in line 1/],
    ["a += 1", /a `\+=`/],
    ['a = "x" "y"', /a value made of several/],
    ["a = {b = 1} {c = 2}", /a value made of several/],
    ["a = http://host", /a value that cannot be read/],
    ["a = ", /a value that cannot be read/],
    ["just text", /a key without a value/],
    ["a { b = 1", /an object that does not end/],
    ["a = [1, 2", /a list that does not end/],
    ["} a = 1", /something that is no setting/],
    ["a = [1]\na.1 = 2", /a list with numbered elements in line 2/],
    ["a.1 = 2\na = [1]", /a list with numbered elements/],
    [`${"a {".repeat(65)}${"}".repeat(65)}`, /nested deeper than 64/],
    [`a = ${"[".repeat(65)}${"]".repeat(65)}`, /nested deeper than 64/],
    ['"a\\x" = 1', /a key that cannot be read/],
  ];
  for (const [text, problem] of cases) assert.match(read(text), problem, text);
});

test("a setting called include is no include", () => {
  assert.equal(read("include = 1"), '"include" = 1');
  assert.equal(read("include_all = 1"), "include_all = 1");
});

test("merging takes objects together and replaces everything else", () => {
  assert.deepEqual(
    JSON.stringify(mergeHocon({ a: { b: "1", c: "2" }, d: ["1"] }, { a: { c: "3" }, d: [] })),
    JSON.stringify({ a: { b: "1", c: "3" }, d: [] }),
  );
  assert.equal(mergeHocon(undefined, "x"), "x");
});
