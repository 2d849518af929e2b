import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { ensureToolchain } from "../../../sandbox/toolchain/toolchain";
import { fakeGo } from "./fake-go";
import { temporaryFolder, writeScript } from "./temporary-folder";

const installs = (calls: string): number => readFileSync(calls, "utf8").trim().split("\n").length;

test("with an empty cache everything is built, and the next time nothing", async (t) => {
  const folder = temporaryFolder(t);
  const { path, calls } = fakeGo(folder);
  const cache = join(folder, "cache");
  const env = { PATH: path, PULUMI_EMQX_CACHE: cache };
  const lines: string[] = [];
  const toolchain = await ensureToolchain({ env, log: (line) => lines.push(line) });
  assert.deepEqual(toolchain, {
    etcd: join(cache, "tools", "etcd-3.6.4", "etcd"),
    kubeApiserver: join(cache, "tools", "kube-apiserver-1.34.4", "kube-apiserver"),
    kubeControllerManager: join(
      cache,
      "tools",
      "kube-controller-manager-1.34.4",
      "kube-controller-manager",
    ),
    pulumiFolder: join(cache, "tools", "pulumi-3.232.0"),
  });
  assert.equal(installs(calls), 4);
  assert.match(lines[0] ?? "", /pulumi-language-nodejs, etcd, .* takes about 1\d min/);
  lines.length = 0;
  assert.deepEqual(await ensureToolchain({ env: { ...env, PATH: "/bin" } }), toolchain);
  assert.equal(installs(calls), 4);
});

test("two at once build only once", async (t) => {
  const folder = temporaryFolder(t);
  const { path, calls } = fakeGo(folder);
  const env = { PATH: path, PULUMI_EMQX_CACHE: join(folder, "cache") };
  const [first, second] = await Promise.all([ensureToolchain({ env }), ensureToolchain({ env })]);
  assert.deepEqual(first, second);
  assert.equal(installs(calls), 4);
});

test("what PATH has in a fitting version is not built", async (t) => {
  const folder = temporaryFolder(t);
  const { path, calls } = fakeGo(join(folder, "go"));
  const bin = join(folder, "bin");
  const real = join(folder, "pulumi-installation");
  writeScript(join(bin, "etcd"), "echo 'etcd Version: 3.6.9'");
  for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
    writeScript(join(real, name), "echo v3.240.1");
  }
  mkdirSync(dirname(join(bin, "pulumi")), { recursive: true });
  symlinkSync(join(real, "pulumi"), join(bin, "pulumi"));
  const env = { PATH: `${bin}:${path}`, PULUMI_EMQX_CACHE: join(folder, "cache") };
  const toolchain = await ensureToolchain({ env });
  assert.equal(toolchain.etcd, join(bin, "etcd"));
  assert.equal(toolchain.pulumiFolder, real);
  assert.equal(installs(calls), 1);
});

test("without Go and with an empty cache nothing is left behind but a clear error", async (t) => {
  const folder = temporaryFolder(t);
  const env = { PATH: folder, PULUMI_EMQX_CACHE: join(folder, "cache") };
  await assert.rejects(ensureToolchain({ env }), { code: "SANDBOX_NO_GO" });
});
