import { delimiter } from "node:path";
import type { Layout } from "./layout";

/** The variables with which plain `pulumi` works on a sandbox, with the least rights that do. */
export function sandboxEnvironment(
  layout: Layout,
  pulumiFolder: string,
  path: string = process.env.PATH ?? "",
): Record<string, string> {
  const others = path.split(delimiter).filter((folder) => folder !== "" && folder !== pulumiFolder);
  return {
    PATH: [pulumiFolder, ...others].join(delimiter),
    SANDBOX_DIR: layout.dir,
    KUBECONFIG: layout.runnerKubeconfig,
    PULUMI_HOME: layout.pulumiHome,
    PULUMI_BACKEND_URL: `file://${layout.pulumiState}`,
    // Protects nothing: whoever can read the state can read this too.
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Checking the types of this repository's program takes 7 s of processor time, twice an `up`;
    // `npm test` checks them once.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
}
