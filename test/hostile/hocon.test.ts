/** Typed configuration reaches EMQX exactly as it was given, or is refused; texts take no endless time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { splitConfig } from "../../components/config-roots";
import { emqxConf } from "../../components/emqx-conf";
import { limitProblem } from "../../components/limits";
import { readHocon } from "../../components/hocon-tree";
import { scanHocon } from "../../components/hocon";
import { redact } from "../../components/rollout/redact";
import { hideValuesOf } from "../../components/emqx/v5/rejection";
import { plainProblems } from "../../components/plain";
import { validateCluster } from "../../components/validate";
import { parseHocon } from "../../sandbox/emqx/settings/hocon";
import { readAsEmqx } from "./emqx-hocon";
import { cases, deep, json, PATIENCE, SEED } from "./values";

const roots = fc.dictionary(fc.stringMatching(/^[a-z_]{1,10}$/), json, { maxKeys: 4 });

/** `-0` is `0` in JSON. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

test(`typed configuration is read back as it was, by EMQX and the simulator (seed ${SEED})`, () => {
  let read = 0;
  const property = fc.property(roots, (given) => {
    if (plainProblems(given).problems.length > 0) return;
    const config = { roots: given };
    const problem = limitProblem(config);
    if (problem) {
      assert.match(problem.property, /^config\.roots/);
      assert.match(problem.reason, /^Expected `config\.roots/);
      return;
    }
    read += 1;
    const text = emqxConf(config);
    assert.deepEqual(readAsEmqx(text), asJson(given));
    assert.deepEqual(parseHocon(text), asJson(given));
    assert.ok("tree" in readHocon(text));
    const { hot, restart } = splitConfig(config);
    const live = Object.values(hot).join("\n");
    const expected = Object.fromEntries(
      Object.entries(given).filter(([root]) => !(`config.roots.${root}` in restart)),
    );
    assert.deepEqual(readAsEmqx(live), asJson(expected));
  });
  const run = fc.check(property, { seed: SEED, numRuns: cases(1000) });
  assert.ok(
    !run.failed,
    `seed ${SEED}: ${String(run.errorInstance)} ${JSON.stringify(run.counterexample)}`,
  );
  assert.ok(read > 0);
});

const MiB = 1_048_576;
const huge: [string, string][] = [
  ["a quote that never ends, escaped again and again", '"' + '\\"'.repeat(MiB / 4)],
  ["an opened list of such quotes", "a = [" + '"\\'.repeat(MiB / 4)],
  ["brackets", "{".repeat(MiB / 2)],
  ["nested objects", "a {".repeat(10_000) + "}".repeat(10_000)],
  ["nested lists", "a = " + "[".repeat(10_000) + "]".repeat(10_000)],
  ["one long string", `a = "${"x".repeat(900_000)}"`],
  ["one long word", "x".repeat(900_000)],
  ["triple quotes", '"""'.repeat(MiB / 6)],
  ["slashes", "a = " + "/".repeat(900_000)],
  ["the same object again and again", "mqtt { a = 1 }\n".repeat(60_000)],
  [
    "many keys below one root",
    Array.from({ length: 60_000 }, (_, i) => `mqtt{k${i}=1}`).join("\n"),
  ],
  ["names of secrets", "password".repeat(100_000)],
  ["a dashed line", "a-".repeat(400_000)],
];

for (const [title, data] of huge) {
  test(`a text of ${title} is judged in time`, () => {
    const start = performance.now();
    const problems = validateCluster({ image: "emqx/emqx:6.1.0", config: { data } });
    for (const { reason } of problems) assert.ok(reason.length < 1000);
    if (limitProblem({ data }) === undefined) {
      readHocon(data);
      scanHocon(data);
      splitConfig({ data });
      hideValuesOf(data, "refused");
    }
    redact(data);
    const taken = performance.now() - start;
    assert.ok(taken < PATIENCE, `it took ${Math.round(taken)} ms`);
  });
}

test("depth, size and cycles are told with their path", () => {
  const told = (config: unknown) =>
    validateCluster({ image: "emqx/emqx:6.1.0", config })
      .map(({ reason }) => reason)
      .join("\n");
  assert.match(told({ roots: { mqtt: deep(10_000) } }), /^Expected `config\.roots\.mqtt\.a.*deep/);
  assert.match(told({ roots: { mqtt: deep(70) } }), /^Expected `config\.roots\.mqtt` .* 64 levels/);
  const loop: Record<string, unknown> = {};
  loop.mqtt = { again: loop };
  assert.match(told({ roots: loop }), /^Expected `config\.roots\.mqtt\.again` .* contains itself/);
  assert.match(told({ roots: { a: "x".repeat(MiB) } }), /at most 1000000 bytes/);
  const proto = JSON.parse('{"__proto__": {"polluted": true}}') as object;
  assert.match(told({ roots: proto }), /`config\.roots\.__proto__` to have another name/);
  assert.match(told({ roots: { rule: "a\u0001" } }), /`config\.roots\.rule` .*no way to write/);
  assert.match(told({ roots: { rule: { 'a"b': 1 } } }), /without quote, backslash/);
});

test("numbers and strings that EMQX's scanner reads otherwise than JSON are written for it", () => {
  assert.equal(emqxConf({ roots: { a: 1e21 } }), '"a" = 1.0e+21\n');
  assert.equal(emqxConf({ roots: { a: "1e+21" } }), '"a" = "1e+21"\n');
  const { hot } = splitConfig({ roots: { a: ["b\\", "c"] } });
  assert.deepEqual(readAsEmqx(hot.a ?? ""), { a: ["b\\", "c"] });
});
