import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test, { afterEach, beforeEach } from "node:test";
import { installPlugins, pluginFolder } from "../../../sandbox/plugins/install";

// Plays `pulumi plugin install`: notes its arguments and copies the folder or downloads a "binary".
const PULUMI = `#!/bin/sh
echo "$@" >> "$PULUMI_HOME/calls"
target="$PULUMI_HOME/plugins/resource-$4-v\${5#v}"
mkdir -p "$target"
if [ "$6" = --file ]; then cp "$7"/* "$target"; else echo ELF > "$target/pulumi-resource-$4"; fi
`;

let folder: string;
let env: Record<string, string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pulumi-emqx-test-"));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "pulumi"), PULUMI, { mode: 0o755 });
  const PATH = [join(folder, "bin"), process.env["PATH"]].join(delimiter);
  env = { PATH, PULUMI_HOME: folder };
});
afterEach(() => rmSync(folder, { recursive: true }));

const calls = (): string[] => readFileSync(join(folder, "calls"), "utf8").trim().split("\n").sort();

test("the stand-ins are installed once and start with their port", async () => {
  const lines: string[] = [];
  await installPlugins({ env, log: (line) => lines.push(line) });
  await installPlugins({ env, log: (line) => lines.push(line) });
  assert.equal(calls().length, 2);
  assert.match(calls()[0] ?? "", /^plugin install resource kubernetes 4\.34\.2 --file /);
  assert.match(calls()[1] ?? "", /^plugin install resource random 4\.21\.2 --file /);
  assert.equal(lines.length, 2);

  assert.match(await firstLine("kubernetes", "4.34.2"), /^\d+$/);
  assert.match(await firstLine("random", "4.21.2"), /^\d+$/);
});

async function firstLine(name: string, version: string): Promise<string> {
  const executable = join(pluginFolder(env, name, version), `pulumi-resource-${name}`);
  const child = spawn(executable, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [chunk] = (await once(child.stdout, "data")) as [Buffer];
    return chunk.toString().trim();
  } finally {
    child.kill();
  }
}

test("a stand-in of another checkout is replaced", async () => {
  const target = pluginFolder(env, "random", "4.21.2");
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "pulumi-resource-random"), "#!/bin/sh\nexec node /elsewhere\n");
  await installPlugins({ env });
  assert.equal(calls().length, 2);
  assert.match(
    readFileSync(join(target, "pulumi-resource-random"), "utf8"),
    /plugins\/random\/main\.js/,
  );
});

test("the real plugins are installed where that is asked for, over a stand-in too", async () => {
  await installPlugins({ env });
  const real = { ...env, SANDBOX_REAL_PLUGINS: "1" };
  await installPlugins({ env: real });
  await installPlugins({ env: real });
  assert.deepEqual(
    calls().filter((call) => !call.includes("--file")),
    [
      "plugin install resource kubernetes v4.34.2 --reinstall",
      "plugin install resource random v4.21.2 --reinstall",
    ],
  );
});

test("a CLI that refuses is shown with its command", async () => {
  writeFileSync(join(folder, "bin", "pulumi"), "#!/bin/sh\necho no such plugin >&2\nexit 1\n");
  await assert.rejects(
    installPlugins({ env }),
    /Expected `pulumi plugin install .*no such plugin/s,
  );
});

test("a plugin ends by itself when its CLI is killed", { timeout: 60_000 }, async () => {
  await installPlugins({ env });
  const executable = join(pluginFolder(env, "random", "4.21.2"), "pulumi-resource-random");
  // The shell plays the CLI.
  const script = `"${executable}" 127.0.0.1:1 & wait`;
  const cli = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(cli.stdout, "close");
  await once(cli.stdout, "data");
  cli.kill("SIGKILL");
  // Standard output closes only when the plugin, which inherited it, is gone too.
  await closed;
  assert.equal(cli.signalCode, "SIGKILL");
});
