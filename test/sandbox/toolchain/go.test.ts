import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { findGo, oldestGo } from "../../../sandbox/toolchain/go";
import { repositoryRoot } from "../../../sandbox/toolchain/repository";
import { compareVersions, parseVersion } from "../../../sandbox/toolchain/version";
import { fakeGo } from "./fake-go";
import { temporaryFolder, writeScript } from "./temporary-folder";

test("a fitting Go is found with its caches", async (t) => {
  const folder = temporaryFolder(t);
  const go = await findGo({ PATH: fakeGo(folder).path }, ["etcd"]);
  assert.deepEqual(go, {
    file: join(folder, "go"),
    version: "go1.26.8",
    moduleCache: join(folder, "modules"),
    buildCache: join(folder, "objects"),
  });
});

test("without Go the error names what must be built, the version and where to get it", async (t) => {
  await assert.rejects(findGo({ PATH: temporaryFolder(t) }, ["etcd", "pulumi"]), (error) => {
    assert.equal((error as { code?: string }).code, "SANDBOX_NO_GO");
    assert.match(String(error), /etcd, pulumi must be built.*no `go` is on PATH.*go\.dev\/dl/);
    return true;
  });
});

test("a Go that is too old is named with its version and path", async (t) => {
  const folder = temporaryFolder(t);
  const { path } = fakeGo(folder, { version: "go1.22.1" });
  await assert.rejects(findGo({ PATH: path }, ["etcd"]), (error) => {
    assert.equal((error as { code?: string }).code, "SANDBOX_OLD_GO");
    assert.match(
      String(error),
      new RegExp(`Go ${oldestGo} or newer, but ${folder}/go is Go 1.22.1`),
    );
    return true;
  });
});

test("a Go that doesn't work is reported with what it said", async (t) => {
  const folder = temporaryFolder(t);
  writeScript(join(folder, "go"), "echo 'cannot find GOROOT directory' >&2; exit 2");
  await assert.rejects(
    findGo({ PATH: `${folder}:/bin` }, ["etcd"]),
    /cannot find GOROOT directory/,
  );
});

test("the oldest accepted Go satisfies every go.mod of the tools", () => {
  const oldest = parseVersion(oldestGo);
  assert.ok(oldest);
  for (const module of ["kubernetes", "pulumi", "language-nodejs"]) {
    const file = join(repositoryRoot(), "sandbox", "tools", module, "go.mod");
    const line = /^go (.*)$/m.exec(readFileSync(file, "utf8"))?.[1];
    const wanted = parseVersion(line ?? "");
    assert.ok(wanted, file);
    assert.ok(compareVersions(oldest, wanted) >= 0, `${module} wants Go ${line}`);
  }
});
