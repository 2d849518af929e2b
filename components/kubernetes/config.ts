import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { EmqxError } from "../errors";
import { redact } from "../rollout/redact";
import { shown } from "../shown";

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

/** A kubeconfig in another form, such as base64, looks like a path but must not be shown. */
const sourceOf = (kubeconfig: string): string => {
  if (isText(kubeconfig)) return "its text";
  if (kubeconfig.length < 1000) {
    if (redact(kubeconfig) === kubeconfig) return shown(kubeconfig);
    if (redact(basename(kubeconfig)) === basename(kubeconfig) && existsSync(dirname(kubeconfig))) {
      return shown(kubeconfig);
    }
  }
  return "a path (not shown: it looks like a secret)";
};

/** The parser's own words quote the text, which is a secret. */
function mistakeIn(cause: unknown): string {
  const { mark, code, name } = cause as {
    mark?: { line?: number };
    code?: unknown;
    name?: unknown;
  };
  if (typeof mark?.line === "number") return `no YAML or JSON (line ${mark.line + 1})`;
  if (code === "ENOENT") return "no such file";
  return typeof code === "string" ? code : `no kubeconfig (${String(name)})`;
}

/** Loads client-node, which is ESM only and slow to load, and the credentials. */
export async function loadKubeConfig(credentials: Credentials): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const { kubeconfig, context } = credentials;
  const source = kubeconfig ? sourceOf(kubeconfig) : "the environment";
  try {
    if (!kubeconfig) config.loadFromDefault();
    else if (isText(kubeconfig)) config.loadFromString(kubeconfig);
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    throw new EmqxError(
      "EMQX_KUBERNETES_UNREACHABLE",
      `Expected a readable kubeconfig from ${source}, got ${mistakeIn(cause)}. ` +
        "Set `kubeconfig` to a kubeconfig's text or path, or KUBECONFIG in the environment.",
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
