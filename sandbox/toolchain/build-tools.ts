import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { toolFile } from "./cache";
import { formatSeconds } from "./duration";
import type { GoToolchain } from "./go";
import { SandboxError } from "./sandbox-error";
import type { Build } from "./tools";

export interface BuildContext {
  go: GoToolchain;
  cache: string;
  /** Folder that holds the modules named in `Build.module`. */
  modules: string;
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Builds one group of programs into the cache. They are built in a temporary folder and renamed
 * into place, so that an interrupted build never leaves half a program where others look.
 */
export async function buildTools(build: Build, context: BuildContext): Promise<void> {
  const names = build.packages.map(({ tool }) => `${tool.name} ${tool.version}`).join(" and ");
  const expected = formatSeconds(build.seconds);
  context.log(`Building ${names} with ${context.go.version} (about ${expected} on 2 cores)`);
  const tools = join(context.cache, "tools");
  mkdirSync(tools, { recursive: true });
  const bin = mkdtempSync(join(tools, ".building-"));
  const start = Date.now();
  const elapsed = (): string => formatSeconds((Date.now() - start) / 1000);
  const timer = setInterval(
    () => context.log(`  still building ${names}: ${elapsed()} of about ${expected}`),
    20_000,
  );
  try {
    await goInstall(build, bin, context, names);
    for (const { path, tool } of build.packages) {
      const target = toolFile(context.cache, tool);
      mkdirSync(dirname(target), { recursive: true });
      const built = join(bin, goBinaryName(path));
      chmodSync(built, 0o755);
      renameSync(built, target);
    }
    context.log(`Built ${names} in ${elapsed()}`);
  } finally {
    clearInterval(timer);
    rmSync(bin, { recursive: true, force: true });
  }
}

/** What `go install` calls a package's program: its last path element that is no major version. */
export function goBinaryName(path: string): string {
  return /^v\d+$/.test(basename(path)) ? basename(dirname(path)) : basename(path);
}

function goInstall(
  build: Build,
  bin: string,
  { go, modules, env, signal }: BuildContext,
  names: string,
): Promise<void> {
  const args = ["install", ...(build.ldflags === "" ? [] : ["-ldflags", build.ldflags])];
  const child = spawn(go.file, [...args, ...build.packages.map(({ path }) => path)], {
    cwd: join(modules, build.module),
    env: { ...env, GOBIN: bin, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly", GOWORK: "off" },
    stdio: ["ignore", "ignore", "pipe"],
    signal,
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  return new Promise((done, fail) => {
    const failWith = (said: string): void =>
      fail(
        signal?.aborted
          ? new SandboxError("SANDBOX_ABORTED", `Building ${names} was interrupted.`)
          : buildError(names, said),
      );
    child.on("error", (error) => failWith(error.message));
    child.on("close", (code) => (code === 0 ? done() : failWith(stderr)));
  });
}

/** What to tell about a failed `go install`, with the remedy for the causes that people meet. */
export function buildError(names: string, stderr: string): SandboxError {
  const lines = stderr.split("\n").filter((line) => !/^(go: downloading|\s*$)/.test(line));
  const said = lines.slice(-8).join("\n") || "no output";
  if (/no space left on device|disk quota exceeded/i.test(stderr)) {
    return new SandboxError(
      "SANDBOX_DISK_FULL",
      `Building ${names} filled the disk. Free some space (about 7 GiB are needed for all tools), ` +
        `or point TMPDIR, PULUMI_EMQX_CACHE, GOCACHE and GOMODCACHE to a larger disk, then run this again. Go said:\n${said}`,
    );
  }
  const offline = /dial tcp|proxyconnect|TLS handshake|no such host|GOPROXY|i\/o timeout/.test(
    said,
  );
  const remedy = offline
    ? "The Go module proxy could not be reached: check the network, or set GOPROXY to one that can be."
    : "Run this again; what was compiled so far is kept in Go's build cache.";
  return new SandboxError(
    "SANDBOX_BUILD_FAILED",
    `Building ${names} failed. ${remedy} Go said:\n${said}`,
  );
}
