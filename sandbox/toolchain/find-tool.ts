import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { toolFile } from "./cache";
import { execute } from "./execute";
import type { Tool } from "./tools";
import { parseVersion } from "./version";

/** The first executable of that name on PATH. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Whether a file exists and may be executed. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A tool on PATH, if its version is one that the sandbox is known to work with. */
export async function findFittingOnPath(
  tool: Tool,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const file = findOnPath(tool.name, env);
  if (!file || !tool.versionArgs || !tool.accepts) return undefined;
  const { ok, stdout } = await execute(file, tool.versionArgs, env);
  const version = ok ? parseVersion(stdout) : undefined;
  return version && tool.accepts(version) ? file : undefined;
}

/** A tool in the cache, where only finished builds are. */
export function findInCache(tool: Tool, cache: string): string | undefined {
  const file = toolFile(cache, tool);
  return isExecutable(file) ? file : undefined;
}

/**
 * Whether an installed Pulumi CLI comes with what it needs for Node programs. The CLI looks
 * beside its real file first; a helper that is only elsewhere on PATH causes warnings.
 */
export function hasNodeSupport(pulumi: string): boolean {
  const folder = dirname(realpathSync(pulumi));
  return ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"].every((name) =>
    isExecutable(join(folder, name)),
  );
}
