import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { checkSpace, spaceNeeds } from "../../../sandbox/toolchain/disk-space";
import { builds } from "../../../sandbox/toolchain/tools";
import { temporaryFolder } from "./temporary-folder";

const needs = [
  { folder: "/home/modules", mebibytes: 3072 },
  { folder: "/home/objects", mebibytes: 2048 },
  { folder: "/big/cache", mebibytes: 1024 },
];

const probe =
  (homeMiB: number) =>
  (folder: string): Promise<{ device: string; freeMiB: number }> =>
    Promise.resolve(
      folder.startsWith("/home")
        ? { device: "1", freeMiB: homeMiB }
        : { device: "2", freeMiB: 99_999 },
    );

test("needs on the same file system are added up", async () => {
  await checkSpace(needs, probe(5120));
  await assert.rejects(checkSpace(needs, probe(5119)), (error) => {
    assert.equal((error as { code?: string }).code, "SANDBOX_DISK_FULL");
    assert.match(
      String(error),
      /needs about 5\.0 GiB under \/home\/modules, \/home\/objects, but only 5\.0 GiB are free/,
    );
    assert.match(String(error), /go clean -cache.*PULUMI_EMQX_CACHE/);
    return true;
  });
});

test("a real file system is probed although the folder doesn't exist yet", async (t) => {
  const folder = join(temporaryFolder(t), "not", "there");
  await checkSpace([{ folder, mebibytes: 0.001 }]);
  await assert.rejects(checkSpace([{ folder, mebibytes: 1e12 }]), /SandboxError/);
});

test("sources that are downloaded already need no space", (t) => {
  const folder = temporaryFolder(t);
  const folders = { moduleCache: folder, buildCache: "/objects", cache: "/cache" };
  const before = spaceNeeds(builds, folders)[0]?.mebibytes ?? 0;
  const kubernetes = builds.find(({ source }) => source.startsWith("k8s.io/"));
  assert.ok(kubernetes);
  mkdirSync(join(folder, kubernetes.source), { recursive: true });
  assert.equal(spaceNeeds(builds, folders)[0]?.mebibytes, before - kubernetes.sourceMiB);
});
