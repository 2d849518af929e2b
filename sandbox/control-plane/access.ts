import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import type { KubeClient } from "../node-agent/kube/client";
import type { KubeObject } from "../node-agent/kube/types";
import { repositoryRoot } from "../toolchain/repository";
import { RUNNER } from "./credentials";

const APPLY = "application/apply-patch+yaml";
const RBAC = "rbac.authorization.k8s.io";

/** A Role as `deploy/role.yaml` has it. */
export interface Role extends KubeObject {
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

/** The Roles that the package ships. */
export function shippedRoles(): Role[] {
  return loadAll(readFileSync(join(repositoryRoot(), "deploy", "role.yaml"), "utf8")) as Role[];
}

/** Kubernetes admits no pod that breaks the standard `restricted`, and says what would. */
const RESTRICTED = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/audit": "restricted",
  "pod-security.kubernetes.io/warn": "restricted",
};

/**
 * Creates the namespace unless it is there, makes it enforce the Pod Security Standard
 * `restricted`, and grants the runner the shipped Roles in it, which is all that it may do.
 */
export async function prepareNamespace(api: KubeClient, name: string): Promise<void> {
  const apply = (path: string, object: object): Promise<unknown> =>
    api.patch(`${path}?fieldManager=sandbox&force=true`, object, APPLY);
  const metadata = { name, labels: RESTRICTED };
  await apply(`/api/v1/namespaces/${name}`, { apiVersion: "v1", kind: "Namespace", metadata });
  for (const role of shippedRoles()) {
    const roleName = role.metadata.name;
    const path = (plural: string) => `/apis/${RBAC}/v1/namespaces/${name}/${plural}/${roleName}`;
    await apply(path("roles"), role);
    await apply(path("rolebindings"), {
      apiVersion: `${RBAC}/v1`,
      kind: "RoleBinding",
      metadata: { name: roleName },
      roleRef: { apiGroup: RBAC, kind: "Role", name: roleName },
      subjects: [{ apiGroup: RBAC, kind: "User", name: RUNNER }],
    });
  }
}

/** Lets a namespace admit any pod, as those of users who override what we give them. */
export async function admitAnyPod(api: KubeClient, name: string): Promise<void> {
  const labels = Object.fromEntries(Object.keys(RESTRICTED).map((label) => [label, null]));
  await api.patch(`/api/v1/namespaces/${name}`, { metadata: { labels } });
}
