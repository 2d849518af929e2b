import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Tool } from "./tools";

/** Where built programs are kept: `PULUMI_EMQX_CACHE`, default `~/.cache/pulumi-emqx`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.PULUMI_EMQX_CACHE || join(homedir(), ".cache", "pulumi-emqx"));
}

/** The folder of one tool in the cache; the version is in its name, so upgrades never mix. */
export function toolFolder(cache: string, tool: Tool): string {
  return join(cache, "tools", `${tool.name}-${tool.version}`);
}

/** The program of one tool in the cache, whether it exists or not. */
export function toolFile(cache: string, tool: Tool): string {
  return join(toolFolder(cache, tool), tool.name);
}
