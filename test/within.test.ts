import assert from "node:assert/strict";
import { test } from "node:test";
import { within } from "../components/within";

const after = <T>(milliseconds: number, value: T) =>
  new Promise<T>((resolve) => setTimeout(resolve, milliseconds, value));

test("work that ends in time is told as it ends", async () => {
  assert.equal(await within(5_000, Promise.resolve(7)), 7);
  await assert.rejects(within(5_000, Promise.reject(new Error("no"))), /^Error: no$/);
});

test("work that does not is left alone, and its failure harms nobody", async () => {
  const failing = after(20, "late").then(() => Promise.reject(new Error("too late")));
  assert.equal(await within(5, failing), undefined);
  await assert.rejects(failing, /too late/);
});
