import assert from "node:assert/strict";
import { test } from "node:test";
import { Question } from "../../components/emqx/question";

/** A node whose answers are given by hand. */
function node() {
  const calls: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      calls.push({ resolve, reject });
    });
  return { calls, ask };
}

test("an answer is asked for anew each time, unless it may be some time old", async () => {
  let asked = 0;
  const ask = async () => (asked += 1);
  const fresh = new Question(ask, { ttlMs: 0, patient: true });
  assert.equal(await fresh.answer(), 1);
  assert.equal(await fresh.answer(), 2);
  const kept = new Question(ask, { ttlMs: 60_000, patient: true });
  assert.equal(await kept.answer(), 3);
  assert.equal(await kept.answer(), 3);
});

test("a question that hangs is not asked twice, and its late answer counts", async () => {
  const { calls, ask } = node();
  const question = new Question(ask, { ttlMs: 0, patient: false });
  assert.equal(await question.answer(), undefined);
  const second = question.answer();
  assert.equal(calls.length, 1);
  calls[0]!.resolve(42);
  assert.equal(await second, 42);
});

test("an answer that came between two observations counts at the next one, once", async () => {
  const { calls, ask } = node();
  const question = new Question(ask, { ttlMs: 0, patient: false });
  assert.equal(await question.answer(), undefined);
  calls[0]!.resolve(7);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await question.answer(), 7);
  assert.equal(calls.length, 1);
  void question.answer();
  assert.equal(calls.length, 2, "asked anew");
});

test("a node that is slow but answers is waited for, after it was late once", async () => {
  let asked = 0;
  const ask = () => new Promise<number>((done) => setTimeout(() => done((asked += 1)), 700));
  const question = new Question(ask, { ttlMs: 0, patient: false });
  assert.equal(await question.answer(), undefined);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(await question.answer(), 1);
  assert.equal(await question.answer(), 2);
  assert.equal(await question.answer(), 3);
});

test("a failure is told to who waits, and harms nobody who has stopped waiting", async () => {
  const { calls, ask } = node();
  const question = new Question(ask, { ttlMs: 0, patient: false });
  const first = question.answer();
  calls[0]!.reject(new Error("refused"));
  await assert.rejects(first, /refused/);
  assert.equal(await question.answer(), undefined);
  calls[1]!.reject(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(question.answer(), /too late/, "the next observation is told");
  const fourth = question.answer();
  calls[2]!.resolve(1);
  assert.equal(await fourth, 1);
});
