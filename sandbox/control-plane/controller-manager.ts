import { join } from "node:path";
import { certificateOf } from "./kubeconfig";
import { get } from "./http";
import type { Component } from "./launch";
import type { Layout } from "./layout";

// Those that need a cloud, certificates or kubeadm's tokens have nothing to do here.
const without = [
  "bootstrap-signer-controller",
  "certificatesigningrequest-approving-controller",
  "certificatesigningrequest-cleaner-controller",
  "certificatesigningrequest-signing-controller",
  "cloud-node-lifecycle-controller",
  "node-ipam-controller",
  "node-route-controller",
  "service-lb-controller",
  "token-cleaner-controller",
];

/** The controllers: StatefulSets, EndpointSlices, garbage collection and the like. */
export function controllerManager(
  file: string,
  layout: Layout,
  port: number,
  server: string,
  adminToken: string,
): Component {
  const grace = process.env.SANDBOX_NODE_GRACE_SECONDS;
  const kubeconfig = layout.controllerManagerKubeconfig;
  const defaultAccount = `${server}/api/v1/namespaces/default/serviceaccounts/default`;
  return {
    name: "kube-controller-manager",
    file,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      // Nobody authenticates to it with client certificates, and the API server publishes no CA.
      "--authentication-skip-lookup=true",
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${join(layout.certificates, "controller-manager")}`,
      `--service-account-private-key-file=${layout.serviceAccountKey}`,
      `--root-ca-file=${join(layout.certificates, "apiserver.crt")}`,
      "--use-service-account-credentials=true",
      "--leader-elect=false",
      `--controllers=*,${without.map((name) => `-${name}`).join(",")}`,
      "--kube-api-qps=500",
      "--kube-api-burst=1000",
      "--endpointslice-updates-batch-period=0s",
      "--endpoint-updates-batch-period=0s",
      ...(grace ? [`--node-monitor-grace-period=${grace}s`] : []),
      "--profiling=false",
    ],
    ports: [port],
    log: join(layout.logs, "kube-controller-manager.log"),
    // No pod can be created in a namespace before its default service account exists.
    ready: async () =>
      (await get(`https://127.0.0.1:${port}/healthz`))?.status === 200 &&
      (await get(defaultAccount, { token: adminToken, ca: certificateOf(layout) }))?.status === 200,
    timeout: 60,
  };
}
