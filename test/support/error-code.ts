import assert from "node:assert/strict";
import { isEmqxError } from "../../components/errors";

/** For `assert.rejects`: an EmqxError with this code, whose message holds all the words. */
export const code =
  (expected: string, ...words: string[]) =>
  (error: unknown): boolean => {
    assert.ok(isEmqxError(error), String(error));
    assert.equal(error.code, expected);
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    return true;
  };
