import { join } from "node:path";
import { get } from "./http";
import type { Component } from "./launch";
import type { Layout } from "./layout";

const issuer = "https://kubernetes.default.svc.cluster.local";

/** The API server, with RBAC and an audit log of all writes. */
export function apiServer(
  file: string,
  layout: Layout,
  port: number,
  etcdPort: number,
  adminToken: string,
): Component {
  return {
    name: "kube-apiserver",
    file,
    args: [
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      // Must be set (a machine without network has no default) and may not be a loopback address.
      // Nothing listens there, so nothing is published as the `kubernetes` Service's endpoint.
      "--advertise-address=10.87.0.1",
      "--endpoint-reconciler-type=none",
      `--cert-dir=${layout.certificates}`,
      `--token-auth-file=${layout.tokens}`,
      "--authorization-mode=RBAC",
      `--service-account-issuer=${issuer}`,
      `--service-account-key-file=${layout.serviceAccountKey}`,
      `--service-account-signing-key-file=${layout.serviceAccountKey}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--service-node-port-range=30000-32767",
      // Without a certificate authority for kubelets any certificate of the agent is accepted.
      "--kubelet-preferred-address-types=InternalIP",
      "--allow-privileged=true",
      `--audit-policy-file=${layout.auditPolicy}`,
      `--audit-log-path=${layout.auditLog}`,
      "--audit-log-mode=blocking",
      // MiB; the default of 100 would rotate in the middle of a long test.
      "--audit-log-maxsize=4096",
      "--shutdown-delay-duration=0s",
      "--profiling=false",
    ],
    ports: [port],
    log: join(layout.logs, "kube-apiserver.log"),
    ready: async () =>
      (await get(`https://127.0.0.1:${port}/readyz`, { token: adminToken }))?.status === 200,
    timeout: 90,
  };
}
