import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { toolFile } from "../../../sandbox/toolchain/cache";
import { hasNodeSupport } from "../../../sandbox/toolchain/find-tool";
import { completePulumiFolder } from "../../../sandbox/toolchain/pulumi-folder";
import { pulumi, pulumiLanguageNodejs } from "../../../sandbox/toolchain/tools";
import { temporaryFolder, writeScript } from "./temporary-folder";

test("the built CLI gets the language host and the launcher beside it", (t) => {
  const cache = temporaryFolder(t);
  const cli = writeScript(toolFile(cache, pulumi), "");
  writeScript(toolFile(cache, pulumiLanguageNodejs), "echo host");
  assert.equal(hasNodeSupport(cli), false);
  const folder = completePulumiFolder(cache);
  assert.equal(completePulumiFolder(cache), folder);
  assert.equal(hasNodeSupport(cli), true);
  assert.equal(
    execFileSync(join(folder, "pulumi-language-nodejs"), { encoding: "utf8" }),
    "host\n",
  );
});

test("the launcher runs the dynamic provider of the project that it is started in", (t) => {
  const cache = temporaryFolder(t);
  writeScript(toolFile(cache, pulumi), "");
  writeScript(toolFile(cache, pulumiLanguageNodejs), "");
  const launcher = join(completePulumiFolder(cache), "pulumi-resource-pulumi-nodejs");
  const project = join(cache, "project");
  const provider = join(project, "node_modules", "@pulumi", "pulumi", "cmd", "dynamic-provider");
  mkdirSync(provider, { recursive: true });
  writeFileSync(join(provider, "index.js"), "console.log(process.argv.slice(2).join('|'))");
  const run = (cwd: string) =>
    spawnSync(launcher, ["127.0.0.1:1", "a b"], { cwd, encoding: "utf8" });
  assert.equal(run(project).stdout, "127.0.0.1:1|a b\n");
  const elsewhere = run(cache);
  assert.notEqual(elsewhere.status, 0);
  assert.match(elsewhere.stderr, /Cannot find module '@pulumi\/pulumi\/cmd\/dynamic-provider'/);
});
