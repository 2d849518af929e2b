import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The repository's root. The same file runs from `sandbox/` (tests, through tsx) and from
 * `build/sandbox/`, so the root is where the tools' go.mod files are, not a fixed number of `..`.
 */
export function repositoryRoot(from: string = __dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "sandbox", "tools", "kubernetes", "go.mod"))) return folder;
    if (folder === dirname(folder)) throw new Error(`No pulumi-emqx repository above ${from}.`);
  }
}
