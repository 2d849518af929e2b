/** What a pod of any EMQX gets where the user gives nothing. */
type Json = Record<string, unknown>;

/** Uid and gid of the image's user. */
export const POD_SECURITY: Json = {
  runAsUser: 1000,
  runAsGroup: 1000,
  fsGroup: 1000,
  fsGroupChangePolicy: "OnRootMismatch",
  supplementalGroups: [1000],
};

/** Passes the Pod Security Standard `restricted`. */
export const CONTAINER_SECURITY: Json = {
  runAsUser: 1000,
  runAsGroup: 1000,
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/**
 * One host down should not take two nodes; it is a wish, so that a small cluster schedules too.
 * Undefined when the user has an affinity.
 */
export function spread(affinity: unknown, matchLabels: Record<string, string>): Json[] | undefined {
  if (affinity !== undefined) return undefined;
  return [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels },
    },
  ];
}
