/** `npm run failpoints`: lists the points at which a rollout can be stopped for a test. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { repositoryRoot } from "./toolchain/repository";

interface Failpoints {
  FAILPOINT: string;
  FAILPOINT_FILE: string;
  failpoints(): string[];
}

/** The list of the built package, which is the one that a provider knows. */
export function builtFailpoints(): Failpoints {
  const load = createRequire(join(repositoryRoot(), "package.json"));
  return load("./dist/rollout/failpoints.js") as Failpoints;
}

if (require.main === module) {
  const { FAILPOINT, FAILPOINT_FILE, failpoints } = builtFailpoints();
  console.log(failpoints().join("\n"));
  console.error(
    `\n${failpoints().length} failpoints. ${FAILPOINT}=<point> ends the provider there as by kill -9; ` +
      `with ${FAILPOINT_FILE}=<path> it writes its pid to that file and waits until it is removed. ` +
      "A number (after:evacuate:2) means the second time.",
  );
}
