/** Which Kubernetes cluster: the argument, else the stack's `kubernetes:*` configuration, else the ambient one. */
import { EmqxError } from "../errors";
import type { Credentials } from "../kubernetes/config";
import { UNKNOWN } from "../unknown";

/** What Pulumi's `configure` gives: the stack's configuration. */
export interface StackConfig {
  get(key: string): string | undefined;
}

export function credentialsOf(given: Credentials, config: StackConfig | undefined): Credentials {
  const known = (value?: string) => (value === UNKNOWN ? undefined : value);
  const kubeconfig = known(given.kubeconfig);
  // A context of the stack's configuration belongs to the stack's kubeconfig.
  if (kubeconfig !== undefined) return { kubeconfig, context: known(given.context) };
  if (config?.get("kubernetes:cluster") !== undefined) {
    throw new EmqxError(
      "EMQX_INVALID_ARGUMENT",
      "Expected the stack to name its Kubernetes cluster by `kubernetes:context`, found `kubernetes:cluster`: the " +
        "rollout does not read that and might reach another cluster. Nothing was changed. Make a context for it and " +
        "set `kubernetes:context`, or give the component `kubeconfig`.",
    );
  }
  return {
    kubeconfig: config?.get("kubernetes:kubeconfig"),
    context: known(given.context) ?? config?.get("kubernetes:context"),
  };
}
