import assert from "node:assert/strict";
import { test } from "node:test";
import { logQuery, tail } from "../../../../sandbox/node-agent/server/logs";

const query = (text: string) => logQuery(new URLSearchParams(text));

test("the last lines are whole lines", () => {
  assert.equal(tail("a\nb\nc\n", query("tailLines=2")), "b\nc\n");
  assert.equal(tail("a\nb\nc", query("tailLines=2")), "b\nc");
  assert.equal(tail("a\n", query("tailLines=0")), "");
  assert.equal(tail("a\nb\n", query("tailLines=9")), "a\nb\n");
});

test("bytes can be limited, and without limits all is given", () => {
  assert.equal(tail("abcdef", query("limitBytes=3")), "abc");
  assert.equal(tail("abcdef", query("follow=true")), "abcdef");
  assert.equal(query("follow=true").follow, true);
});
