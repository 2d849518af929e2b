/** docs/faults.md and the tests of faults name the same ones. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { testFiles } from "./support/runner";

/** `| id, id | what | does | deadline | file |` */
const rows = readFileSync("docs/faults.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .flatMap((cells) =>
    [...(cells[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, id = ""]) => ({
      id,
      file: (cells[5] ?? "").replaceAll("`", ""),
    })),
  );

/** Identifiers in a test's source, those with a part that is filled in later as patterns. */
function idsIn(file: string): RegExp[] {
  const source = readFileSync(file, "utf8");
  const literals = [...source.matchAll(/["`]([a-z]+-[a-z0-9-]*(?:\$\{[^}]*\}[a-z0-9-]*)*)["`]/g)];
  return literals.map(([, id = ""]) => patternOf(id));
}

/** Matches an identifier whatever is filled in. */
const patternOf = (id: string): RegExp =>
  new RegExp(`^${id.replaceAll(/\$\{[^}]*\}/g, "[a-z-]+")}$`);

test("each row of docs/faults.md names the file whose test injects it", () => {
  assert.ok(rows.length > 100, `${rows.length} rows`);
  const twice = rows.filter(({ id }, index) => rows.findIndex((row) => row.id === id) !== index);
  assert.deepEqual(twice, []);
  const untested = rows
    // Bad input is judged by plain tests: nothing is injected, so nothing takes time.
    .filter(({ id }) => !id.startsWith("input-"))
    .filter(({ id, file }) => !idsIn(file).some((pattern) => pattern.test(id)));
  assert.deepEqual(untested, []);
});

test("each fault that a test injects has a row", () => {
  const files = testFiles("test/faults");
  assert.ok(files.length > 20, `${files.length} files`);
  const families = new Set(rows.map(({ id }) => id.split("-")[0]));
  const unwritten = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\bid: (["`])([a-z]+)-(.*?)\1/g)]
      .map(([, , family = "", rest = ""]) => ({ family, id: `${family}-${rest}` }))
      .filter(({ family }) => families.has(family))
      .filter(({ id }) => !rows.some((row) => row.file === file && patternOf(id).test(row.id)))
      .map(({ id }) => `${file}: ${id}`),
  );
  assert.deepEqual(unwritten, []);
});
