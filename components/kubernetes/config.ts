import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { EmqxError } from "../errors";

/** Where the cluster's credentials come from; without any, the ambient kubeconfig, then in-cluster. */
export interface Credentials {
  /** A kubeconfig's text or path. */
  kubeconfig?: string;
  /** Context in it; default its current one. */
  context?: string;
}

/** Name that client-node gives to the context of a pod's own service account. */
const IN_CLUSTER = "inClusterContext";

const isText = (kubeconfig: string): boolean => /[\n{]|^apiVersion\s*:/.test(kubeconfig);

/** Loads client-node, which is ESM only and slow to load, and the credentials. */
export async function loadKubeConfig(credentials: Credentials): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const { kubeconfig, context } = credentials;
  const source = kubeconfig ? (isText(kubeconfig) ? "its text" : kubeconfig) : "the environment";
  try {
    if (!kubeconfig) config.loadFromDefault();
    else if (isText(kubeconfig)) config.loadFromString(kubeconfig);
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    throw new EmqxError(
      "EMQX_KUBERNETES_UNREACHABLE",
      `Expected a readable kubeconfig from ${source}, got: ${(cause as Error).message.split("\n")[0]}. ` +
        "Set `kubeconfig` to a kubeconfig's text or path, or KUBECONFIG in the environment.",
      { cause },
    );
  }
  if (context) {
    const known = config.getContexts().map((each) => each.name);
    if (!known.includes(context)) {
      throw new EmqxError(
        "EMQX_KUBERNETES_UNREACHABLE",
        `The kubeconfig from ${source} has no context \`${context}\`; it has: ${known.join(", ") || "none"}.`,
      );
    }
    config.setCurrentContext(context);
  }
  if (!config.getCurrentCluster()) {
    throw new EmqxError(
      "EMQX_KUBERNETES_UNREACHABLE",
      `The kubeconfig from ${source} selects no cluster (current context: ${config.currentContext || "none"}). ` +
        "Name one with `context`, or with `kubectl config use-context`.",
    );
  }
  return config;
}

/** True when the credentials are a pod's service account, so pod addresses can be dialled directly. */
export const isInCluster = (config: KubeConfig): boolean => config.currentContext === IN_CLUSTER;
