import assert from "node:assert/strict";
import { test } from "node:test";
import { limitProblem } from "../components/limits";
import { UNKNOWN } from "../components/unknown";

const problem = (config: unknown) => limitProblem(config)?.reason ?? "";
const nested = (levels: number) => "a {".repeat(levels) + "}".repeat(levels);

test("accepts what EMQX accepts", () => {
  const data = [
    'mqtt { max_packet_size = "2MB" } # include "x"',
    "log.console.level = debug // include",
    'include = "a setting of that name"',
    'sql = """',
    'SELECT * FROM "t/#" include "x" {',
    '"""',
    'authorization.sources = [{type = file, include { a = "//" }}]',
    'a.b = "\\"quoted\\" {"',
  ].join("\n");
  assert.equal(problem({ data }), "");
  assert.equal(problem({ data: nested(64) }), "");
  assert.equal(problem({}), "");
  assert.equal(problem(undefined), "");
});

test("counts text and roots together, in bytes", () => {
  assert.equal(problem({ data: "#".repeat(999_999) }), "");
  assert.match(
    problem({ data: "#".repeat(1_000_000) }),
    /^Expected `config.data` to have at most 1000000 bytes, got 1000001: .* 1 MiB/,
  );
  assert.match(problem({ data: "#" + "é".repeat(500_000) }), /got 1000002/);
  const both = limitProblem({ data: "#".repeat(500_000), roots: { a: "x".repeat(500_000) } });
  assert.match(both?.reason ?? "", /^Expected `config.data` and `config.roots` to have at most/);
  assert.equal(both?.property, "config.data");
  assert.equal(limitProblem({ roots: { a: "x".repeat(1_000_000) } })?.property, "config.roots");
});

test("names line and cause of unbalanced text", () => {
  assert.match(problem({ data: "mqtt {\n a = 1" }), /got a `{` in line 1 without its `}`/);
  assert.match(problem({ data: "a = 1\n}" }), /got a `}` in line 2 that closes nothing/);
  assert.match(problem({ data: 'a = 1\nb = "x' }), /every string .* got a `"` in line 2/);
  assert.match(problem({ data: 'a = """x\ny' }), /every string .* in line 1/);
});

test("finds an include wherever a setting may start", () => {
  const finds: [string, number][] = [
    ['include "more.conf"', 1],
    ["\n  include file(more.conf)", 2],
    ['mqtt {include required("more.conf")}', 1],
    ['a = 1, include "more.conf"', 1],
  ];
  for (const [data, line] of finds) {
    assert.match(problem({ data }), new RegExp(`got an .include. in line ${line}: `), data);
  }
});

test("limits nesting in text and roots", () => {
  assert.match(
    problem({ data: `a = 1\n${nested(65)}` }),
    /at most 64 levels deep, got more in line 2/,
  );
  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  assert.equal(problem({ roots: { mqtt: deep(60) } }), "");
  assert.match(
    problem({ roots: { mqtt: deep(65) } }),
    /^Expected `config.roots.mqtt` to be nested/,
  );
});

test("is silent about what Pulumi does not know yet", () => {
  assert.equal(problem({ data: UNKNOWN, roots: { mqtt: UNKNOWN } }), "");
  assert.match(problem({ data: "{", roots: UNKNOWN }), /bracket/);
});
