import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Stack } from "../../sandbox/stack";

const folder = mkdtempSync(join(tmpdir(), "stack-"));
after(() => rmSync(folder, { recursive: true }));

/** Does of the CLI's `stack init NAME` what leaves a trace: it adds a salt to the settings. */
const program = `#!/bin/sh
[ "$1 $2" = "stack init" ] && echo "encryptionsalt: v1:salt" >>"Pulumi.$3.yaml"
exit 0
`;
writeFileSync(join(folder, "pulumi"), program, { mode: 0o755 });

function makeStack(name: string, settings?: string): Stack {
  return new Stack({
    name,
    cwd: folder,
    configFile: join(folder, `elsewhere-${name}`, `Pulumi.${name}.yaml`),
    env: { PATH: `${folder}:${process.env.PATH}` },
    settings,
  });
}

const written = (name: string): string =>
  readFileSync(join(folder, `elsewhere-${name}`, `Pulumi.${name}.yaml`), "utf8");

test("A new stack's settings go where they were asked for, and nothing is left in the project", async () => {
  await makeStack("one").init();
  assert.equal(written("one"), "encryptionsalt: v1:salt");
  assert.equal(existsSync(join(folder, "Pulumi.one.yaml")), false);
});

test("A new stack begins with the settings that it is given", async () => {
  await makeStack("two", "config:\n  p:replicas: 3\n").init();
  assert.equal(written("two"), "encryptionsalt: v1:salt\nconfig:\n  p:replicas: 3\n");
});

test("Settings of the same name in the project stay as they are", async () => {
  const file = join(folder, "Pulumi.prod.yaml");
  writeFileSync(file, "config:\n  p:replicas: 5\n");
  await makeStack("prod").init();
  assert.equal(readFileSync(file, "utf8"), "config:\n  p:replicas: 5\n");
  assert.equal(written("prod"), "encryptionsalt: v1:salt");
});
