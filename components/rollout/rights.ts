/** What the rollout does in Kubernetes, as `deploy/role.yaml` grants it (a test compares the two). */
export interface Right {
  /** API group; empty for the core group. */
  group: string;
  /** Plural, with the subresource behind a slash. */
  resource: string;
  verbs: readonly string[];
}

/** Without one of these no upgrade ends well, so preflight asks for all of them. */
export const UPGRADE_RIGHTS: readonly Right[] = [
  { group: "apps", resource: "statefulsets", verbs: ["list", "create", "patch", "delete"] },
  { group: "apps", resource: "deployments", verbs: ["list", "create", "patch", "delete"] },
  { group: "", resource: "configmaps", verbs: ["get", "list", "create", "patch", "delete"] },
  { group: "", resource: "services", verbs: ["get", "patch"] },
  { group: "", resource: "secrets", verbs: ["get"] },
  { group: "", resource: "pods", verbs: ["list", "patch"] },
  { group: "", resource: "pods/portforward", verbs: ["get", "create"] },
  { group: "discovery.k8s.io", resource: "endpointslices", verbs: ["list"] },
  { group: "coordination.k8s.io", resource: "leases", verbs: ["get", "create", "update"] },
];

/** Needed elsewhere: from inside the cluster, to explain a failure, by `pulumi destroy`. */
export const OTHER_RIGHTS: readonly Right[] = [
  { group: "", resource: "pods", verbs: ["get"] },
  { group: "", resource: "events", verbs: ["list"] },
  { group: "", resource: "pods/log", verbs: ["get"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["list", "delete"] },
  { group: "coordination.k8s.io", resource: "leases", verbs: ["delete"] },
];
