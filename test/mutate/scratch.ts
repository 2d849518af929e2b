import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/runner";
import { mutate, type Mutation } from "./mutation";

/** What the sources need to be tested and built; the packages are linked. */
const NEEDED = [
  "components",
  "sandbox",
  "test",
  "index.ts",
  "stack-args.ts",
  "stack-config.ts",
  "Pulumi.yaml",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "tsconfig.sandbox.json",
];

/** A copy of the repository's sources, in which mistakes can be made. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), "pulumi-emqx-mutant-"));

  constructor() {
    for (const path of NEEDED) {
      cpSync(join(root, path), join(this.folder, path), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Makes the mistake; the function that comes back takes it back. */
  apply(mutation: Mutation): () => void {
    const path = join(this.folder, mutation.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, mutate(text, mutation));
    return () => writeFileSync(path, text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
