import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { repositoryRoot } from "../../sandbox/toolchain/repository";
import { temporaryFolder } from "./toolchain/temporary-folder";

function cli(dir: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const script = join(repositoryRoot(), "sandbox", "cli.ts");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", require.resolve("tsx"), script, ...args],
    { encoding: "utf8", env: { ...process.env, SANDBOX_DIR: dir, ...env } },
  );
  return { status, stdout, stderr };
}

test("an unknown command prints the usage and exits with 2", (t) => {
  const { status, stdout, stderr } = cli(temporaryFolder(t), ["start"]);
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /Expected a command, got `start`\.\n\nUsage: npm run sandbox/);
});

test("help is no error", (t) => {
  const { status, stdout } = cli(temporaryFolder(t), ["help"]);
  assert.equal(status, 0);
  assert.match(stdout, /^Usage: npm run sandbox/);
});

test("status and down of a sandbox that never was say so and make no folder", (t) => {
  const dir = join(temporaryFolder(t), "sandbox");
  assert.deepEqual(cli(dir, ["status"]), { status: 0, stdout: `${dir}: stopped\n`, stderr: "" });
  assert.equal(cli(dir, ["down"]).status, 0);
  assert.equal(existsSync(dir), false);
});

test("env and kubeconfig need a running sandbox and say how to start it", (t) => {
  for (const command of ["env", "kubeconfig"]) {
    const { status, stdout, stderr } = cli(temporaryFolder(t), [command]);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^error SANDBOX_NOT_RUNNING: The sandbox in .* is stopped\. .*npm run sandbox -- up/,
    );
  }
});

test("up without Go and without programs is one clear line, without a stack", (t) => {
  const folder = temporaryFolder(t);
  const env = { PATH: folder, PULUMI_EMQX_CACHE: join(folder, "cache") };
  const { status, stderr } = cli(join(folder, "sandbox"), ["up"], env);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^error SANDBOX_NO_GO: pulumi-language-nodejs, .* no `go` is on PATH\. Install Go .*\n$/,
  );
});

test("up with a busy port says which", async (t) => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { status, stderr } = cli(temporaryFolder(t), ["up", "--port", String(port)]);
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`^error SANDBOX_PORT_BUSY: Port ${port} on 127\\.0\\.0\\.1`));
});
