import assert from "node:assert/strict";
import { test } from "node:test";
import { emqxConf } from "../components/emqx-conf";

test("emqx.conf is the user's text with the roots after it", () => {
  assert.equal(emqxConf(undefined), "");
  assert.equal(emqxConf({}), "");
  assert.equal(
    emqxConf({ data: "a = 1\n\n", roots: { mqtt: { b: 2 } } }),
    'a = 1\n\n"mqtt" = {\n  "b": 2\n}\n',
  );
});
