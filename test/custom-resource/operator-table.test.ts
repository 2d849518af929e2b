import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { argsFromCustomResource } from "../../components/custom-resource/args-from-custom-resource";
import { UNKNOWN } from "../../components/unknown";

// docs/operator.md tells of each field whether it is honoured; here the code is asked.

interface Row {
  path: string;
  here: string;
  why: string;
}

const markdown = readFileSync(join(__dirname, "..", "..", "docs", "operator.md"), "utf8");

function tableOf(heading: string): Row[] {
  const [, section = ""] = markdown.split(`## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  return [...own.matchAll(/^\| `([^`]+)`\s*\| (\w+)\s*\| (.*?)\s*\|$/gm)].map(
    ([, path = "", here = "", why = ""]) => ({ path, here, why }),
  );
}

const REQUIRED: Record<string, object> = {
  EMQX: { image: "emqx/emqx:6.1.0" },
  EmqxEnterprise: { template: { spec: { emqxContainer: { image: { version: "4.4.14" } } } } },
};

/** What the code says to a resource with this value at this path; empty when it takes it. */
function complaint(version: string, kind: string, path: string, value: unknown = UNKNOWN): string {
  const spec = structuredClone(REQUIRED[kind]) as Record<string, unknown>;
  put(spec, path.split("."), value);
  try {
    const metadata = { name: "emqx" };
    argsFromCustomResource({ apiVersion: `apps.emqx.io/${version}`, kind, metadata, spec });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

function put(at: Record<string, unknown>, [key = "", ...rest]: string[], value: unknown): void {
  const name = key.replace("[]", "");
  if (rest.length === 0) {
    at[name] = value;
    return;
  }
  const inner = (at[name] ?? {}) as Record<string, unknown>;
  put(inner, rest, value);
  at[name] = key.endsWith("[]") ? [inner] : inner;
}

/** Fields that the code knows at a path, from its own words about one that it does not know. */
function fieldsAt(version: string, kind: string, path: string): string[] {
  const probe = path === "" ? "nonsense" : `${path}.nonsense`;
  const text = complaint(version, kind, probe, 1);
  const [, known] = /Unknown field `[^`]*nonsense`\. Fields of [^:]*: ([^.]*)\./.exec(text) ?? [];
  assert.ok(known, `expected an unknown field at ${probe} to be told, got: ${text}`);
  return known.split(", ").map((field) => (path === "" ? field : `${path}.${field}`));
}

/** Objects whose fields the table lists one by one. */
const parentsOf = (rows: Row[]): string[] => [
  ...new Set(rows.map(({ path }) => path.split(".").slice(0, -1).join("."))),
];

/** Kubernetes judges these; the table only names the one field that is ours. */
const FREE = /ServiceTemplate\.spec$|^serviceTemplate\.spec$/;

const TABLES = [
  ["EMQX, v2beta1", "v2beta1", "EMQX"],
  ["EMQX, v2alpha1", "v2alpha1", "EMQX"],
  ["EmqxEnterprise, v1beta4", "v1beta4", "EmqxEnterprise"],
] as const;

for (const [heading, version, kind] of TABLES) {
  describe(heading, () => {
    const rows = tableOf(heading);

    test("there is a table, with a reason wherever it is not simply supported", () => {
      assert.ok(rows.length > 5);
      const bare = rows.filter(({ here, why }) => ["different", "refused"].includes(here) && !why);
      assert.deepEqual(bare, []);
      const other = rows.filter(
        ({ here }) => !["supported", "different", "refused", "ours"].includes(here),
      );
      assert.deepEqual(other, []);
    });

    test("what the table calls refused is refused by name, everything else is taken", () => {
      for (const { path, here } of rows) {
        const text = complaint(version, kind, path);
        const last = path.split(".").at(-1) ?? "";
        const refusal = /(Unknown field|cannot be set)/.test(text);
        if (here !== "refused") {
          assert.ok(!refusal, `${path} is ${here}, yet: ${text}`);
        } else {
          const alias = last === "persistent" ? "volumeClaimTemplates" : last;
          assert.ok(text.includes(`.${alias}\``) && refusal, `${path} is not refused: ${text}`);
        }
      }
    });

    test("every field of the code is in the table, and the other way round", () => {
      // The later version's table is the base of the earlier one's.
      if (version === "v2alpha1") return;
      const accepted = rows
        .filter(({ here }) => here !== "refused")
        .map(({ path }) => path)
        .sort();
      const known = parentsOf(rows)
        .filter((path) => !FREE.test(path))
        .flatMap((path) => fieldsAt(version, kind, path))
        .sort();
      assert.deepEqual(accepted, known);
    });
  });
}
