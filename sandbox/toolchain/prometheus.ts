import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache";
import { execute, type Executed } from "./execute";
import { withFileLock } from "./file-lock";
import { findOnPath, isExecutable } from "./find-tool";
import { SandboxError } from "./sandbox-error";
import type { ToolchainOptions } from "./toolchain";
import { compareVersions, parseVersion } from "./version";

/** Programs of one Prometheus release. */
export interface Prometheus {
  prometheus: string;
  promtool: string;
  /** What it calls itself, such as `2.42.0`. */
  version: string;
}

/** The oldest release whose rules, relabelling and API are those that the sandbox uses. */
const OLDEST = "2.40.0";

/** Seconds for Debian's package of 19 MB, and for the lists of packages before it. */
const DOWNLOAD_SECONDS = 180;

const REMEDY =
  `Put \`prometheus\` and \`promtool\` ${OLDEST} or newer on PATH (https://prometheus.io/download: unpack the archive, ` +
  "no root needed; or your distribution's package `prometheus`), then run this again.";

/**
 * Finds Prometheus on PATH or in the cache. In neither, Debian's package is unpacked into the
 * cache, which needs no root.
 */
export async function ensurePrometheus(options: ToolchainOptions = {}): Promise<Prometheus> {
  const { env = process.env, log = () => {}, signal } = options;
  const onPath = await probe(findOnPath("prometheus", env), findOnPath("promtool", env), env);
  if (onPath) return onPath;
  const folder = join(cacheFolder(env), "tools", "prometheus");
  const cached = (): Promise<Prometheus | undefined> =>
    probe(join(folder, "usr/bin/prometheus"), join(folder, "usr/bin/promtool"), env);
  const found = await cached();
  if (found) return found;
  await withFileLock(
    `${folder}.lock`,
    async () => {
      if (!(await cached())) await unpackPackage(folder, { env, log, signal });
    },
    { onWait: (pid) => log(`Waiting for process ${pid}, which fetches Prometheus too`), signal },
  );
  const unpacked = await cached();
  if (unpacked) return unpacked;
  throw new SandboxError(
    "SANDBOX_BUILD_FAILED",
    `Debian's package prometheus was unpacked to ${folder}, but what it holds does not run here or is older than ${OLDEST}. ${REMEDY}`,
  );
}

/** Undefined unless both programs run and are new enough. */
async function probe(
  prometheus: string | undefined,
  promtool: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Prometheus | undefined> {
  if (!prometheus || !promtool || ![prometheus, promtool].every(isExecutable)) return undefined;
  const { ok, stdout, stderr } = await execute(prometheus, ["--version"], env);
  const version = ok ? parseVersion(stdout || stderr) : undefined;
  const oldest = parseVersion(OLDEST);
  if (!version || !oldest || compareVersions(version, oldest) < 0) return undefined;
  return { prometheus, promtool, version: version.join(".") };
}

interface Context {
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
  signal?: AbortSignal;
}

async function unpackPackage(folder: string, context: Context): Promise<void> {
  const { env, log } = context;
  const [apt, dpkg] = [findOnPath("apt-get", env), findOnPath("dpkg-deb", env)];
  if (!apt || !dpkg) {
    throw new SandboxError(
      "SANDBOX_BUILD_FAILED",
      `Prometheus is neither on PATH nor in the cache, and without apt-get and dpkg-deb it can't be fetched. ${REMEDY}`,
    );
  }
  mkdirSync(join(folder, ".."), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  try {
    log("Fetching Prometheus: Debian's package, 19 MB, unpacked into the cache without root");
    const file = await download(apt, draft, context);
    const { ok, stderr } = await execute(dpkg, ["-x", file, join(draft, "root")], env, {
      timeoutSeconds: DOWNLOAD_SECONDS,
    });
    if (!ok) throw failed("dpkg-deb", stderr);
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(draft, "root"), folder);
    log(`Prometheus is in ${folder}`);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The downloaded package's path. Machines without lists of packages get lists of their own first. */
async function download(
  apt: string,
  draft: string,
  { env, log, signal }: Context,
): Promise<string> {
  const state = join(draft, "apt");
  mkdirSync(join(state, "lists", "partial"), { recursive: true });
  mkdirSync(join(state, "cache", "archives", "partial"), { recursive: true });
  const own = [
    "-o",
    `Dir::State::lists=${join(state, "lists")}`,
    "-o",
    `Dir::Cache=${join(state, "cache")}`,
  ];
  const run = (args: string[]): Promise<Executed> =>
    execute(apt, args, env, { cwd: draft, timeoutSeconds: DOWNLOAD_SECONDS, signal });
  let answer = await run(["download", "prometheus"]);
  if (!answer.ok && !signal?.aborted) {
    log("  apt knows no package prometheus yet: reading the lists of packages");
    answer = await run([...own, "update"]);
    if (answer.ok) answer = await run([...own, "download", "prometheus"]);
  }
  if (signal?.aborted)
    throw new SandboxError("SANDBOX_ABORTED", "Fetching Prometheus was interrupted.");
  const file = readdirSync(draft).find((name) => name.endsWith(".deb"));
  if (answer.ok && file) return join(draft, file);
  throw failed("apt-get", answer.stderr || answer.stdout);
}

function failed(program: string, said: string): SandboxError {
  const last = said.trim().split("\n").slice(-4).join("\n") || "no output";
  return new SandboxError(
    "SANDBOX_BUILD_FAILED",
    `Fetching Debian's package prometheus failed. Check network and free space (150 MiB), or: ${REMEDY} ${program} said:\n${last}`,
  );
}
