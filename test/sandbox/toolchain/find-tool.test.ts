import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { toolFile } from "../../../sandbox/toolchain/cache";
import {
  findFittingOnPath,
  findInCache,
  findOnPath,
  hasNodeSupport,
} from "../../../sandbox/toolchain/find-tool";
import { etcd, kubeApiserver, pulumi } from "../../../sandbox/toolchain/tools";
import { temporaryFolder, writeScript } from "./temporary-folder";

test("a tool on PATH is used when its version fits", async (t) => {
  const folder = temporaryFolder(t);
  const file = writeScript(join(folder, "kube-apiserver"), 'echo "Kubernetes v1.34.1"');
  assert.equal(await findFittingOnPath(kubeApiserver, { PATH: `/nowhere:${folder}` }), file);
});

test("a tool of another version is passed over", async (t) => {
  const folder = temporaryFolder(t);
  writeScript(join(folder, "kube-apiserver"), 'echo "Kubernetes v1.33.9"');
  writeScript(join(folder, "pulumi"), "echo v3.231.9");
  writeScript(join(folder, "etcd"), "echo 'etcd Version: 3.4.30'");
  for (const tool of [kubeApiserver, pulumi, etcd]) {
    assert.equal(await findFittingOnPath(tool, { PATH: folder }), undefined, tool.name);
  }
});

test("a tool that fails to tell its version is passed over", async (t) => {
  const folder = temporaryFolder(t);
  writeScript(join(folder, "pulumi"), "echo v3.240.0; exit 1");
  assert.equal(await findFittingOnPath(pulumi, { PATH: folder }), undefined);
});

test("a file without execute permission and a folder are no programs", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "etcd"), "text");
  mkdirSync(join(folder, "pulumi"));
  assert.equal(findOnPath("etcd", { PATH: folder }), undefined);
  assert.equal(findOnPath("pulumi", { PATH: folder }), undefined);
});

test("the cache is looked up by name and version", (t) => {
  const cache = temporaryFolder(t);
  writeScript(toolFile(cache, { ...etcd, version: "3.6.3" }), "");
  assert.equal(findInCache(etcd, cache), undefined);
  const file = writeScript(join(cache, "tools", "etcd-3.6.4", "etcd"), "");
  assert.equal(findInCache(etcd, cache), file);
});

test("a Pulumi CLI needs the language host and the launcher beside it", (t) => {
  const folder = temporaryFolder(t);
  const cli = writeScript(join(folder, "pulumi"), "");
  writeScript(join(folder, "pulumi-language-nodejs"), "");
  assert.equal(hasNodeSupport(cli), false);
  writeScript(join(folder, "pulumi-resource-pulumi-nodejs"), "");
  assert.equal(hasNodeSupport(cli), true);
});
