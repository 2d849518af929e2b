import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildTools } from "./build-tools";
import { cacheFolder } from "./cache";
import { checkSpace, spaceNeeds } from "./disk-space";
import { formatSeconds } from "./duration";
import { withFileLock } from "./file-lock";
import { findFittingOnPath, findInCache, hasNodeSupport } from "./find-tool";
import { findGo } from "./go";
import { completePulumiFolder } from "./pulumi-folder";
import { repositoryRoot } from "./repository";
import {
  builds,
  etcd,
  kubeApiserver,
  kubeControllerManager,
  pulumi,
  pulumiLanguageNodejs,
  type Build,
  type Tool,
} from "./tools";

/** Absolute paths of what the sandbox runs. */
export interface Toolchain {
  etcd: string;
  kubeApiserver: string;
  kubeControllerManager: string;
  /** Folder with `pulumi`, its Node language host and the launcher for dynamic resources. */
  pulumiFolder: string;
}

export interface ToolchainOptions {
  /** Default `process.env`. */
  env?: NodeJS.ProcessEnv;
  log?: (line: string) => void;
  signal?: AbortSignal;
}

/** Finds every tool on PATH or in the cache, and builds what is in neither. */
export async function ensureToolchain(options: ToolchainOptions = {}): Promise<Toolchain> {
  const { env = process.env, log = () => {}, signal } = options;
  const cache = cacheFolder(env);
  const onPath = await lookOnPath(env);
  const missing = (): Build[] =>
    builds.filter(({ packages }) =>
      packages.some(({ tool }) => !onPath.has(tool) && !findInCache(tool, cache)),
    );
  if (missing().length > 0) {
    await withFileLock(
      join(cache, "tools", ".lock"),
      // Whoever held the lock before us may have built everything meanwhile.
      () => buildAll(missing(), { cache, env, log, signal }),
      { onWait: (pid) => log(`Waiting for process ${pid}, which builds tools too`), signal },
    );
  }
  const cli = onPath.get(pulumi);
  const file = (tool: Tool): string => onPath.get(tool) ?? findInCache(tool, cache) ?? tool.name;
  return {
    etcd: file(etcd),
    kubeApiserver: file(kubeApiserver),
    kubeControllerManager: file(kubeControllerManager),
    pulumiFolder: cli ? dirname(realpathSync(cli)) : completePulumiFolder(cache),
  };
}

async function lookOnPath(env: NodeJS.ProcessEnv): Promise<Map<Tool, string>> {
  const found = new Map<Tool, string>();
  for (const tool of [etcd, kubeApiserver, kubeControllerManager, pulumi]) {
    const file = await findFittingOnPath(tool, env);
    if (file) found.set(tool, file);
  }
  const cli = found.get(pulumi);
  if (cli && hasNodeSupport(cli)) {
    found.set(pulumiLanguageNodejs, join(dirname(realpathSync(cli)), pulumiLanguageNodejs.name));
  } else {
    found.delete(pulumi);
  }
  return found;
}

interface BuildAllContext {
  cache: string;
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
  signal?: AbortSignal;
}

async function buildAll(missing: Build[], context: BuildAllContext): Promise<void> {
  if (missing.length === 0) return;
  const names = missing.flatMap(({ packages }) => packages.map(({ tool }) => tool.name));
  const go = await findGo(context.env, names);
  await checkSpace(spaceNeeds(missing, { ...go, cache: context.cache }));
  const total = missing.reduce((sum, { seconds }) => sum + seconds, 0);
  context.log(
    `Not found on PATH or in ${context.cache}: ${names.join(", ")}. ` +
      `Building them once takes about ${formatSeconds(total)} on 2 cores.`,
  );
  const modules = join(repositoryRoot(), "sandbox", "tools");
  for (const build of missing) await buildTools(build, { ...context, go, modules });
}
