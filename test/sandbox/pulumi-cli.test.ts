import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { estimateOf, pulumi, resourceCounts, startPulumi } from "../../sandbox/pulumi-cli";

let folder = "";
let env: Record<string, string> = {};

before(() => {
  folder = mkdtempSync(join(tmpdir(), "pulumi-cli-"));
  env = { PATH: `${folder}:${process.env.PATH}` };
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a shell script in the CLI's place. */
function play(script: string): void {
  const file = join(folder, "pulumi");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

test("Output comes line by line without colours, stdin arrives, and the exit code is kept", async () => {
  play('printf "\\033[32mgreen\\033[0m\\n"; cat; echo "$@" >&2; exit 3');
  const lines: string[] = [];
  const onLine = (line: string) => void lines.push(line);
  const run = startPulumi(["up"], { cwd: folder, env, input: "secret\n", onLine });
  const { code, output } = await run.result;
  assert.equal(code, 3);
  assert.deepEqual(lines.sort(), ["green", "secret", "up --non-interactive"]);
  assert.match(output, /green/);
});

test("A command that fails is an error with the end of its output", async () => {
  play("echo no such stack; exit 255");
  await assert.rejects(
    pulumi(["preview"], { cwd: folder, env }),
    /`pulumi preview` to succeed, but it ended with code 255:\nno such stack/,
  );
});

test("A kill takes along what the CLI started in process groups of its own", async () => {
  play("setsid sleep 300 & echo $!; sleep 300");
  let child = 0;
  const onLine = (line: string) => void (child = Number(line));
  const run = startPulumi(["up"], { cwd: folder, env, onLine });
  while (child === 0) await sleep(20);
  run.kill();
  assert.equal((await run.result).code, null);
  for (let i = 0; i < 100 && isRunning(child); i += 1) await sleep(20);
  assert.equal(isRunning(child), false);
});

test("Counts and estimate are read from the CLI's text", () => {
  const preview = "\nResources:\n    ~ 1 to update\n    +-2 to replace\n    12 unchanged\n";
  assert.deepEqual(resourceCounts(preview), {
    create: 0,
    update: 1,
    delete: 0,
    replace: 2,
    same: 12,
  });
  const up = `${preview}\nResources:\n    + 15 created\n    - 3 deleted\n\nDuration: 5s\n`;
  assert.deepEqual(resourceCounts(up), { create: 15, update: 0, delete: 3, replace: 0, same: 0 });
  assert.equal(estimateOf("  estimate 46 s: new pods 7 s (as last time)"), 46);
  assert.equal(estimateOf("no estimate: unreachable"), undefined);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
