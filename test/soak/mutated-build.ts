import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MUTATIONS } from "../mutate/list";
import { Scratch } from "../mutate/scratch";
import { bin } from "../support/runner";

/** A copy of the repository whose package is built with a mistake in its rules. */
export async function mutatedBuild(id: string): Promise<Scratch> {
  const mutation = MUTATIONS.find((each) => each.id === id);
  if (!mutation) {
    const known = MUTATIONS.map((each) => each.id).join(", ");
    throw new Error(`Expected --mutation to be one of ${known}, got ${id}.`);
  }
  const scratch = new Scratch();
  try {
    scratch.apply(mutation);
    const args = ["-p", "tsconfig.build.json", "--noUnusedLocals", "false"];
    await promisify(execFile)(bin("tsc"), args, { cwd: scratch.folder });
    console.log(`built with mutation ${id}: ${mutation.breaks}`);
    return scratch;
  } catch (error) {
    scratch.remove();
    throw error;
  }
}
