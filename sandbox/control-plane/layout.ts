import { join, resolve } from "node:path";
import { repositoryRoot } from "../toolchain/repository";

/** Where one sandbox keeps its files. */
export interface Layout {
  dir: string;
  /** Cluster-admin kubeconfig for people and tests. */
  kubeconfig: string;
  /** Kubeconfig for Pulumi, with the rights of deploy/role.yaml only. */
  runnerKubeconfig: string;
  /** Kubeconfigs of the sandbox's own parts, so that the audit log tells them apart. */
  controllerManagerKubeconfig: string;
  nodeAgentKubeconfig: string;
  /** JSON lines, one for each request that was answered: all writes, and the runner's reads. */
  auditLog: string;
  auditPolicy: string;
  state: string;
  lock: string;
  /** Written by the node agent when it is ready. */
  agentReady: string;
  certificates: string;
  tokens: string;
  serviceAccountKey: string;
  etcdData: string;
  logs: string;
  pulumiHome: string;
  /** Pulumi's file backend. */
  pulumiState: string;
}

/** The files of the sandbox in `dir`; default `SANDBOX_DIR`, or `.sandbox` in the repository. */
export function layoutOf(dir?: string, env: NodeJS.ProcessEnv = process.env): Layout {
  const root = resolve(dir ?? (env.SANDBOX_DIR || join(repositoryRoot(), ".sandbox")));
  const certificates = join(root, "certificates");
  return {
    dir: root,
    kubeconfig: join(root, "kubeconfig"),
    runnerKubeconfig: join(root, "runner.kubeconfig"),
    controllerManagerKubeconfig: join(certificates, "controller-manager.kubeconfig"),
    nodeAgentKubeconfig: join(certificates, "node-agent.kubeconfig"),
    auditLog: join(root, "logs", "audit.jsonl"),
    auditPolicy: join(root, "audit-policy.json"),
    state: join(root, "state.json"),
    lock: join(root, ".lock"),
    agentReady: join(root, "agent.json"),
    certificates,
    tokens: join(certificates, "tokens.csv"),
    serviceAccountKey: join(certificates, "service-account.key"),
    etcdData: join(root, "etcd"),
    logs: join(root, "logs"),
    pulumiHome: join(root, "pulumi-home"),
    pulumiState: join(root, "pulumi"),
  };
}
