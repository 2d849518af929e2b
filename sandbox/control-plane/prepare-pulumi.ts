import { mkdirSync } from "node:fs";
import { installPlugins } from "../plugins/install";
import { sandboxEnvironment } from "./environment";
import type { Layout } from "./layout";

/** Makes Pulumi's home and state folders, with the resource plugins installed. */
export async function preparePulumi(
  layout: Layout,
  pulumiFolder: string,
  log: (line: string) => void,
): Promise<void> {
  for (const folder of [layout.pulumiHome, layout.pulumiState]) {
    mkdirSync(folder, { recursive: true });
  }
  const env = sandboxEnvironment(layout, pulumiFolder);
  await installPlugins({ env: { ...definedVariables(process.env), ...env }, log });
}

function definedVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
