import assert from "node:assert/strict";
import { describe as group, test } from "node:test";
import { describe, endOf, rolloutsOf, serving, type Step } from "./step";
import { START, walk } from "./walk";

const steps = (seed: number, count: number): Step[] => {
  const walker = walk(seed);
  return Array.from({ length: count }, () => walker.next().value);
};

group("a walk", () => {
  test("is the same for the same seed, and another for another", () => {
    assert.deepEqual(steps(1, 200), steps(1, 200));
    assert.notDeepEqual(steps(1, 20), steps(2, 20));
  });

  test("survives being written down", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(steps(3, 50))), steps(3, 50));
  });

  test("goes on from where the step before has ended", () => {
    let at = START;
    for (const step of steps(4, 300)) {
      assert.deepEqual(step.from, at);
      at = endOf(step);
      assert.ok(at.cores >= 2 && at.cores <= 4 && serving(at) >= 2);
    }
  });

  test("wants something else at every step", () => {
    for (const step of steps(5, 300)) assert.notDeepEqual(step.goal, step.from);
  });

  test("comes by every kind of strike, change and change of mind", () => {
    const all = steps(6, 400);
    const kinds = new Set(all.map(({ strike }) => strike?.kind));
    assert.equal(kinds.size, 8);
    const kills = all.flatMap(({ strike }) => (strike?.kind === "kill" ? [strike] : []));
    assert.deepEqual([...new Set(kills.map(({ who }) => who))].sort(), ["both", "cli", "provider"]);
    assert.equal(new Set(kills.map(({ at }) => at.phase)).size, 6, "five phases, and by the clock");
    assert.ok(
      all.some(({ then, from }) => then && then.image === from.image),
      "back",
    );
    assert.ok(
      all.some(({ then, from, goal }) => then && ![from.image, goal.image].includes(then.image)),
    );
    for (const field of ["image", "cores", "replicants", "packetMegabytes", "licensed"] as const) {
      assert.ok(
        all.some(({ from, goal }) => from[field] !== goal[field]),
        field,
      );
    }
  });
});

test("a change of mind and an abort are a rollout more", () => {
  const [step] = steps(1, 1);
  assert.ok(step);
  const plain = { number: 1, from: step.from, goal: step.goal };
  const at = { milliseconds: 1 };
  assert.equal(rolloutsOf(plain), 1);
  assert.equal(rolloutsOf({ ...plain, strike: { kind: "kill", who: "both", at } }), 1);
  assert.equal(rolloutsOf({ ...plain, strike: { kind: "abort", at } }), 2);
  assert.equal(rolloutsOf({ ...plain, then: step.from }), 2);
  assert.deepEqual(endOf({ ...plain, strike: { kind: "abort", at } }), step.from);
  assert.deepEqual(endOf({ ...plain, then: START }), START);
});

test("a step reads as a sentence of its parts", () => {
  const goal = { ...START, image: "emqx/emqx:6.1.0", cores: 4 };
  const at = { phase: "Evacuate" as const, milliseconds: 12 };
  const step: Step = { number: 1, from: START, goal, strike: { kind: "kill", who: "cli", at } };
  assert.equal(
    describe({ ...step, then: START }),
    "image 6.0.0 -> 6.1.0, cores 3 -> 4; kill the cli 12 ms after Evacuate; " +
      "then image 6.1.0 -> 6.0.0, cores 4 -> 3",
  );
});
