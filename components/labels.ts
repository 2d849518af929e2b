/**
 * Physical names and labels, derived in this one file.
 *
 * Revisions (colours) of one cluster share everything but the StatefulSet, its pods and the
 * ConfigMap, so the headless Service must select by `everyColour` and the listeners Service by
 * `oneColour`.
 */

import type { Role } from "./rollout/types";

/** Field manager of every server-side apply of the rollout. Must not start with `kubectl` or `pulumi-kubernetes`. */
export const FIELD_MANAGER = "emqx-rollout";

export const REVISION_LABEL = "emqx.io/revision";
export const CONTROL_ANNOTATION = "emqx.io/rollout-control";
/** On a revision's ConfigMap: digests of what its nodes have accepted. */
export const CONFIG_DIGEST_ANNOTATION = "emqx.io/config-digest";
export const LICENSE_DIGEST_ANNOTATION = "emqx.io/license-digest";
/** On the same: digest of its data as it was written, by which an edit by hand is noticed. */
export const CONTENT_DIGEST_ANNOTATION = "emqx.io/content-digest";
/** Revision of the one set that Kubernetes renews in place (EMQX 4.4 without `blueGreenUpdate`). */
export const ROLLING = "rolling";
/** On that set and on its pods: hash of the template, since their revision never changes. */
export const TEMPLATE_ANNOTATION = "emqx.io/template";

/** On pods whose HTTP API speaks HTTPS: `https`. */
export const SCHEME_ANNOTATION = "emqx.io/dashboard-scheme";

/** Key in the bootstrap API key file that belongs to this package. */
export const API_KEY_NAME = "pulumi-emqx";

export const names = {
  headless: (cluster: string) => `${cluster}-headless`,
  dashboard: (cluster: string) => `${cluster}-dashboard`,
  listeners: (cluster: string) => `${cluster}-listeners`,
  cookieSecret: (cluster: string) => `${cluster}-node-cookie`,
  apiKeySecret: (cluster: string) => `${cluster}-bootstrap-api-key`,
  dashboardSecret: (cluster: string) => `${cluster}-dashboard-admin`,
  licenseSecret: (cluster: string) => `${cluster}-license`,
  serviceAccount: (cluster: string) => cluster,
  coreBudget: (cluster: string) => `${cluster}-core`,
  replicantBudget: (cluster: string) => `${cluster}-replicant`,
  /** ConfigMap with the record and Lease with the fence. */
  rollout: (cluster: string) => `${cluster}-rollout`,
  coreSet: (cluster: string, revision: string) => `${cluster}-core-${revision}`,
  replicantSet: (cluster: string, revision: string) => `${cluster}-replicant-${revision}`,
  /** EMQX 4.4 has one role, and document 002 names its sets so. */
  enterpriseSet: (cluster: string, revision: string) => `${cluster}-${revision}`,
  config: (cluster: string, revision: string) => `${cluster}-config-${revision}`,
} as const;

/** Keys inside the Secrets. */
export const secretKeys = {
  cookie: "node_cookie",
  apiKey: "bootstrap_api_key",
  dashboardPassword: "password",
  license: "license",
} as const;

/** Labels of every object that belongs to a cluster. */
export function commonLabels(cluster: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": "emqx",
    "app.kubernetes.io/instance": cluster,
    "app.kubernetes.io/managed-by": "pulumi-emqx",
  };
}

/** Selects the pods of every role and revision. */
export function everyPod(cluster: string): Record<string, string> {
  return { "app.kubernetes.io/name": "emqx", "app.kubernetes.io/instance": cluster };
}

/** Selects the pods of a role, of every revision. */
export function everyColour(cluster: string, role: Role = "core"): Record<string, string> {
  return { ...everyPod(cluster), "app.kubernetes.io/component": role };
}

/** Selects the pods of a role and one revision. */
export function oneColour(
  cluster: string,
  revision: string,
  role: Role = "core",
): Record<string, string> {
  return { ...everyColour(cluster, role), [REVISION_LABEL]: revision };
}

/** Name of the EMQX node in a core pod; all colours share the prefix, else they would not cluster. */
export function coreNodeName(
  site: {
    name: string;
    namespace: string;
    clusterDomain: string;
    nodePrefix?: string;
  },
  pod: string,
): string {
  const prefix = site.nodePrefix ?? "emqx";
  return `${prefix}@${pod}.${names.headless(site.name)}.${site.namespace}.svc.${site.clusterDomain}`;
}

/** Name of the EMQX node in a replicant pod. */
export const replicantNodeName = (podIp: string): string => `emqx@${podIp}`;
