import assert from "node:assert/strict";
import test from "node:test";
import { bracketProblem } from "../components/hocon-brackets";

test("accepts whatever brackets are inside strings and comments", () => {
  for (const text of [
    "",
    "mqtt { max_packet_size = 2MB }\nlog.console.level = debug",
    'a = [1, [2, {b: "}"}]]',
    "# a { comment\n// and ]\na = 1",
    'a = """{\n[""" , b = "\\"{"',
    'a = ${b}, url = "http://x/{y"',
    '{ "listeners": { "tcp": {} } }',
  ]) {
    assert.equal(bracketProblem(text), undefined, text);
  }
});

test("names the bracket and its line", () => {
  const cases: [string, string][] = [
    ["mqtt {\n  a = 1\n", "a `{` in line 1 without its `}`"],
    ["a = 1\n}\n", "a `}` in line 2 that closes nothing"],
    ["a {\n  b = [1, 2\n}", "a `}` in line 3 where the `[` of line 2 wants `]`"],
    ['a = """\n\n"""\nb {', "a `{` in line 4 without its `}`"],
  ];
  for (const [text, expected] of cases) assert.equal(bracketProblem(text), expected);
});
