import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { ensurePrometheus } from "../../../sandbox/toolchain/prometheus";
import { temporaryFolder, writeScript } from "./temporary-folder";

const VERSION = "prometheus, version 2.42.0+ds (branch: debian/sid)";

/** A machine with an apt-get and a dpkg-deb that note each call; `apt` decides what apt-get does. */
function machine(t: TestContext, apt = 'if [ "$1" = download ]; then : > prometheus_1.deb; fi') {
  const folder = temporaryFolder(t);
  const calls = join(folder, "calls");
  writeScript(join(folder, "bin", "apt-get"), `echo "apt-get $*" >> ${calls}\n${apt}`);
  writeScript(
    join(folder, "bin", "dpkg-deb"),
    `echo "dpkg-deb $1" >> ${calls}
mkdir -p "$3/usr/bin"
for name in prometheus promtool; do
  printf '#!/bin/sh\\necho "${VERSION}"\\n' > "$3/usr/bin/$name"
  chmod +x "$3/usr/bin/$name"
done`,
  );
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, PULUMI_EMQX_CACHE: join(folder, "cache") };
  return {
    env,
    folder,
    calls: (): string[] =>
      existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [],
  };
}

const code = (expected: string, pattern: RegExp) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, expected);
  assert.match(String(error), pattern);
  return true;
};

test("programs on PATH are used when they are new enough", async (t) => {
  const { env, folder, calls } = machine(t);
  for (const name of ["prometheus", "promtool"]) {
    writeScript(join(folder, "bin", name), 'echo "prometheus, version 3.1.0"');
  }
  assert.deepEqual(await ensurePrometheus({ env }), {
    prometheus: join(folder, "bin", "prometheus"),
    promtool: join(folder, "bin", "promtool"),
    version: "3.1.0",
  });
  assert.deepEqual(calls(), []);
});

test("an older one, or one without promtool, is passed over", async (t) => {
  const { env, folder } = machine(t);
  writeScript(join(folder, "bin", "prometheus"), 'echo "prometheus, version 2.15.2"');
  assert.equal((await ensurePrometheus({ env })).version, "2.42.0");
  writeScript(join(folder, "bin", "promtool"), "");
  assert.equal((await ensurePrometheus({ env })).version, "2.42.0");
});

test("Debian's package is unpacked into the cache once", async (t) => {
  const { env, folder, calls } = machine(t);
  const log: string[] = [];
  const first = await ensurePrometheus({ env, log: (line) => log.push(line) });
  assert.equal(first.prometheus, join(folder, "cache/tools/prometheus/usr/bin/prometheus"));
  assert.match(log.join("\n"), /Debian's package, 19 MB.*\nPrometheus is in /);
  assert.deepEqual(calls(), ["apt-get download prometheus", "dpkg-deb -x"]);
  assert.deepEqual(await ensurePrometheus({ env }), first);
  assert.equal(calls().length, 2);
});

test("a machine without lists of packages reads lists of its own first", async (t) => {
  const { env, calls } = machine(
    t,
    'case "$*" in\n"download prometheus") exit 100 ;;\n*download*) : > prometheus_1.deb ;;\nesac',
  );
  await ensurePrometheus({ env });
  const [plain, update, again] = calls();
  assert.equal(plain, "apt-get download prometheus");
  assert.match(update ?? "", /^apt-get -o Dir::State::lists=.* update$/);
  assert.match(again ?? "", /^apt-get -o Dir::State::lists=.* download prometheus$/);
});

test("a download that fails is told with what apt said and what else can be done", async (t) => {
  const { env, folder } = machine(t, "echo 'E: Could not resolve deb.debian.org' >&2; exit 100");
  await assert.rejects(
    ensurePrometheus({ env }),
    code("SANDBOX_BUILD_FAILED", /prometheus\.io\/download.*Could not resolve deb\.debian\.org/s),
  );
  assert.equal(existsSync(join(folder, "cache/tools/prometheus")), false);
});

test("without apt the error says what to install", async (t) => {
  const folder = temporaryFolder(t);
  await assert.rejects(
    ensurePrometheus({ env: { PATH: folder, PULUMI_EMQX_CACHE: join(folder, "cache") } }),
    code(
      "SANDBOX_BUILD_FAILED",
      /without apt-get and dpkg-deb.*`prometheus` and `promtool` 2\.40\.0/,
    ),
  );
});
