import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "../toolchain/repository";
import { SandboxError } from "../toolchain/sandbox-error";

/** Where the plugins go and which CLI puts them there. */
export interface InstallOptions {
  /** Environment of the Pulumi CLI: `PATH` finds `pulumi`, `PULUMI_HOME` gets the plugins. */
  env: Record<string, string>;
  log?: (line: string) => void;
}

const run = promisify(execFile);

/** The plugins that the stand-ins play. */
const PLUGINS = [
  { name: "kubernetes", version: "4.34.2" },
  { name: "random", version: "4.21.2" },
];

/** Longest installation of one plugin, in ms; the real ones are downloaded. */
const INSTALL_TIMEOUT = 300_000;

/**
 * Installs the stand-ins of the `kubernetes` and `random` plugins, or with `SANDBOX_REAL_PLUGINS=1`
 * in `env` the real ones from Pulumi's plugin host. Does nothing where they are in place already.
 */
export async function installPlugins(options: InstallOptions): Promise<void> {
  const { env, log = () => undefined } = options;
  await Promise.all(
    PLUGINS.map(async ({ name, version }) => {
      const real = env["SANDBOX_REAL_PLUGINS"] === "1";
      const script = real ? undefined : launcher(name);
      const target = pluginFolder(env, name, version);
      if (await isInPlace(join(target, `pulumi-resource-${name}`), script)) return;
      log(`installing the ${name} plugin ${version}${real ? "" : " (stand-in)"}`);
      if (script === undefined) await pulumi(["resource", name, `v${version}`, "--reinstall"], env);
      else await installScript(name, version, script, env);
    }),
  );
}

/** Where Pulumi keeps a plugin. */
export function pluginFolder(env: Record<string, string>, name: string, version: string): string {
  const home = env["PULUMI_HOME"] ?? join(env["HOME"] ?? homedir(), ".pulumi");
  return join(home, "plugins", `resource-${name}-v${version}`);
}

function launcher(name: string): string {
  const main = join(repositoryRoot(), "build", "sandbox", "plugins", name, "main.js");
  if (!existsSync(main)) {
    throw new SandboxError(
      "SANDBOX_NOT_BUILT",
      `${main} does not exist. Run \`npm run build\`, then run this again.`,
    );
  }
  return `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(main)} "$@"\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The real plugin is a binary: it is in place if there is one that is no script of ours. */
async function isInPlace(file: string, script: string | undefined): Promise<boolean> {
  try {
    const present = await readFile(file, script === undefined ? "latin1" : "utf8");
    return script === undefined ? !present.startsWith("#!") : present === script;
  } catch {
    return false;
  }
}

async function installScript(
  name: string,
  version: string,
  script: string,
  env: Record<string, string>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `pulumi-emqx-plugin-${name}-`));
  try {
    await writeFile(join(folder, `pulumi-resource-${name}`), script, { mode: 0o755 });
    await pulumi(["resource", name, version, "--file", folder, "--reinstall"], env);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pulumi(args: string[], env: Record<string, string>): Promise<void> {
  try {
    await run("pulumi", ["plugin", "install", ...args], { env, timeout: INSTALL_TIMEOUT });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new SandboxError(
      "SANDBOX_START_FAILED",
      `Expected \`pulumi plugin install ${args.join(" ")}\` to work, got: ${detail.trim()}`,
      { cause: error },
    );
  }
}
