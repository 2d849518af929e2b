import { chmodSync, copyFileSync, linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolFile, toolFolder } from "./cache";
import { isExecutable } from "./find-tool";
import { pulumi, pulumiLanguageNodejs } from "./tools";

/** File name of the program with which the CLI runs dynamic resources. */
const launcher = "pulumi-resource-pulumi-nodejs";

// The CLI is installed with this script, but no Go module carries it. `exec` makes the provider
// the CLI's own child, so that killing it leaves no orphan.
const launcherScript = `#!/bin/sh
set -e
script=$(node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')")
exec node "$script" "$@"
`;

/**
 * Makes the built CLI complete: puts the Node language host and the launcher for dynamic
 * resources beside it, because the CLI looks there first and warns about any other place.
 * Returns the folder for PATH.
 */
export function completePulumiFolder(cache: string): string {
  const folder = toolFolder(cache, pulumi);
  place(join(folder, pulumiLanguageNodejs.name), (file) => {
    const source = toolFile(cache, pulumiLanguageNodejs);
    try {
      linkSync(source, file);
    } catch {
      copyFileSync(source, file);
    }
  });
  place(join(folder, launcher), (file) => writeFileSync(file, launcherScript));
  return folder;
}

function place(file: string, write: (draft: string) => void): void {
  if (isExecutable(file)) return;
  const draft = `${file}.${process.pid}`;
  rmSync(draft, { force: true });
  write(draft);
  chmodSync(draft, 0o755);
  renameSync(draft, file);
}
