import assert from "node:assert/strict";
import { test } from "node:test";
import { scalarOf, unquoted } from "../components/hocon-scalar";

const same = (...written: string[]) => {
  const [first = "", ...others] = written.map(scalarOf);
  for (const other of others) assert.equal(other, first, written.join(" "));
};
const differ = (a: string, b: string) => assert.notEqual(scalarOf(a), scalarOf(b), `${a} ${b}`);

test("sizes, times, numbers and switches are the same however they are written", () => {
  same("1MB", '"1MB"', "1mb", "1048576", '"1048576"', "1024KB");
  same("15s", '"15s"', "15000ms", "15000", '"0.25m"');
  same('"1h30m"', "90m", "5400000");
  same("80%", "0.8", '"80%"');
  same("infinity", '"INFINITY"');
  same("true", '"True"');
  same('"a, b"', '"a,b"');
});

test("what means something else is not the same", () => {
  differ("1MB", "2MB");
  differ("15s", "15m");
  differ("true", "false");
  differ("Warning", "error");
  differ('"Abc"', '"abc"');
  differ("12345678901234567890", "12345678901234567891");
});

test("quotes of any kind come off", () => {
  assert.equal(unquoted('"a\\"b"'), 'a"b');
  assert.equal(unquoted('"""a"b"""'), 'a"b');
  assert.equal(unquoted("plain"), "plain");
  assert.equal(unquoted('"bad \\x escape"'), "bad \\x escape");
});
