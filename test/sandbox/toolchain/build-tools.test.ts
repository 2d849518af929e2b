import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import {
  buildError,
  buildTools,
  goBinaryName,
  type BuildContext,
} from "../../../sandbox/toolchain/build-tools";
import { repositoryRoot } from "../../../sandbox/toolchain/repository";
import { builds, type Build } from "../../../sandbox/toolchain/tools";
import { fakeGo } from "./fake-go";
import { temporaryFolder } from "./temporary-folder";

function contextWith(t: TestContext, install?: string) {
  const folder = temporaryFolder(t);
  const { path, calls } = fakeGo(folder, { install });
  const lines: string[] = [];
  const context: BuildContext = {
    go: { file: join(folder, "go"), version: "go1.26.8", moduleCache: "", buildCache: "" },
    cache: join(folder, "cache"),
    modules: join(repositoryRoot(), "sandbox", "tools"),
    env: { PATH: path, GOTOOLCHAIN: "auto" },
    log: (line) => lines.push(line),
  };
  return { context, calls, lines };
}

function buildOf(tool: string): Build {
  const build = builds.find(({ packages }) => packages.some((each) => each.tool.name === tool));
  assert.ok(build);
  return build;
}

test("programs are built in their module and put into folders with their version", async (t) => {
  const { context, calls, lines } = contextWith(t);
  await buildTools(buildOf("kube-apiserver"), context);
  const tools = join(context.cache, "tools");
  assert.ok(existsSync(join(tools, "kube-apiserver-1.34.4", "kube-apiserver")));
  assert.ok(existsSync(join(tools, "kube-controller-manager-1.34.4", "kube-controller-manager")));
  assert.match(
    readFileSync(calls, "utf8"),
    /^local -mod=readonly kubernetes install -ldflags -s -w/,
  );
  assert.match(lines[0] ?? "", /^Building kube-apiserver 1\.34\.4 and .* \(about .* min/);
  assert.match(lines.at(-1) ?? "", /^Built kube-apiserver/);
});

test("etcd's program, which Go calls server, is renamed", async (t) => {
  const { context } = contextWith(t);
  await buildTools(buildOf("etcd"), context);
  assert.deepEqual(readdirSync(join(context.cache, "tools")), ["etcd-3.6.4"]);
  assert.ok(existsSync(join(context.cache, "tools", "etcd-3.6.4", "etcd")));
});

test("a failed build says why and leaves nothing behind", async (t) => {
  const { context } = contextWith(
    t,
    "echo partial > $GOBIN/server; echo 'syntax error' >&2; exit 1",
  );
  await assert.rejects(
    buildTools(buildOf("etcd"), context),
    /etcd 3\.6\.4 failed.*\nsyntax error/s,
  );
  assert.deepEqual(readdirSync(join(context.cache, "tools")), []);
});

test("an interrupted build is told from a failed one and leaves nothing behind", async (t) => {
  const { context } = contextWith(t, "exec sleep 60");
  const controller = new AbortController();
  const building = buildTools(buildOf("etcd"), { ...context, signal: controller.signal });
  setTimeout(() => controller.abort(), 100);
  await assert.rejects(building, { code: "SANDBOX_ABORTED" });
  assert.deepEqual(readdirSync(join(context.cache, "tools")), []);
});

test("a disk that fills up during the build is named as such", () => {
  const error = buildError("etcd", "go: downloading x v1\n/tmp/b001: no space left on device\n");
  assert.equal(error.code, "SANDBOX_DISK_FULL");
  assert.match(error.message, /Free some space.*TMPDIR/);
  assert.doesNotMatch(error.message, /downloading/);
});

test("an unreachable module proxy is named as such", () => {
  const error = buildError("etcd", 'go: x@v1: Get "https://proxy.golang.org/x": dial tcp: refused');
  assert.equal(error.code, "SANDBOX_BUILD_FAILED");
  assert.match(error.message, /proxy could not be reached.*GOPROXY/);
});

test("Go names a program after the last path element that is no major version", () => {
  assert.equal(goBinaryName("go.etcd.io/etcd/server/v3"), "server");
  assert.equal(goBinaryName("k8s.io/kubernetes/cmd/kube-apiserver"), "kube-apiserver");
});
