/**
 * Every error that a user can see: its code has a row in docs/errors.md, a row has its code, and
 * each one is provoked here, from outside, and says what was expected and what to do.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import { ERROR_CODES, isEmqxError } from "../components/errors";
import { CANARY, close, open, PROVOKED } from "./support/provocations";

before(open);
after(close);

for (const code of ERROR_CODES) {
  test(`${code} is provoked, and its message says what it must`, async () => {
    const { provoke, says } = PROVOKED[code];
    const error = await Promise.resolve()
      .then(provoke)
      .then(
        () => assert.fail("nothing was thrown"),
        (thrown: unknown) => thrown,
      );
    assert.ok(error instanceof Error);
    const own = isEmqxError(error) ? error.code : /^(EMQX_[A-Z_]+): /.exec(error.message)?.[1];
    assert.equal(own, code, error.stack);
    for (const pattern of says) assert.match(error.message, pattern);
    const all = inspect(error, { depth: 20, showHidden: true, maxStringLength: null });
    assert.ok(!all.includes(CANARY.slice(0, 12)), `a secret is carried along:\n${all}`);
  });
}

const documented = [
  ...readFileSync("docs/errors.md", "utf8").matchAll(/^\| `(EMQX_[A-Z_]+)`(.*)$/gm),
];

test("every code has a row with cause, state and remedy, and every row a code", () => {
  const codes = documented.map(([, code]) => code);
  assert.deepEqual([...codes].sort(), [...ERROR_CODES].sort());
  for (const [row = ""] of documented) {
    const cells = row.split("|").slice(1, -1);
    assert.equal(cells.length, 4, row);
    assert.ok(
      cells.every((cell) => cell.trim().length > 5),
      row,
    );
  }
});
