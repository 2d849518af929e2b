import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RUNNER, type Tokens } from "./credentials";
import type { Layout } from "./layout";

/** The API server's certificate, which it signs itself at its first start. */
export function certificateOf(layout: Layout): string {
  return readFileSync(join(layout.certificates, "apiserver.crt"), "utf8");
}

/** Writes the kubeconfigs; needs the certificate, so the API server must have started. */
export function writeKubeconfigs(layout: Layout, server: string, tokens: Tokens): void {
  const certificate = Buffer.from(certificateOf(layout)).toString("base64");
  const files: [string, string, string][] = [
    [layout.kubeconfig, "sandbox-admin", tokens.admin],
    [layout.controllerManagerKubeconfig, "kube-controller-manager", tokens.controllerManager],
    [layout.nodeAgentKubeconfig, "sandbox-node-agent", tokens.nodeAgent],
    [layout.runnerKubeconfig, RUNNER, tokens.runner],
  ];
  for (const [file, user, token] of files) {
    writeFileSync(file, kubeconfig(server, certificate, user, token), { mode: 0o600 });
  }
}

// YAML because people read this file; every value is a URL, base64 or hex and needs no quotes.
function kubeconfig(server: string, certificate: string, user: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: sandbox
    cluster:
      server: ${server}
      certificate-authority-data: ${certificate}
users:
  - name: ${user}
    user:
      token: ${token}
contexts:
  - name: sandbox
    context:
      cluster: sandbox
      user: ${user}
      namespace: default
current-context: sandbox
`;
}
