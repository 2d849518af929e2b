/** Leads Pulumi, and nobody else, to a bench's API server through a proxy that misbehaves on order. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { KubeProxy, type SeenRequest } from "../../../sandbox/faults/kube-proxy";
import { connection } from "../../../sandbox/plugins/kubernetes/kubeconfig";
import type { Bench } from "../../e2e/support/cluster";

/** The rollout's own requests; the Kubernetes plugin has another user agent. */
export const ENGINE = /^pulumi-emqx\//;

/**
 * Starts the proxy. Pulumi goes through it from then on, with the rights that it had; `Bench.api`,
 * the observer and the fleet go past it.
 */
export async function startKubeProxy({ sandbox, folder }: Bench): Promise<KubeProxy> {
  const { server, ca, token = "" } = connection(sandbox.env.KUBECONFIG, {});
  const proxy = new KubeProxy({ server, ca });
  await proxy.accept();
  const file = join(folder, "proxied-kubeconfig");
  writeKubeconfig(file, proxy.url, token);
  sandbox.env.KUBECONFIG = file;
  return proxy;
}

/** A kubeconfig for a server without TLS. */
function writeKubeconfig(file: string, server: string, token: string): void {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "proxied", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "runner", user: { token } }],
    contexts: [{ name: "proxied", context: { cluster: "proxied", user: "runner" } }],
    "current-context": "proxied",
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
}

/** Requests of the rollout that the proxy has seen, as `PATCH /path`. */
export const engineRequests = ({ seen }: KubeProxy): SeenRequest[] =>
  seen.filter(({ agent }) => ENGINE.test(agent));
