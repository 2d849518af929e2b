/**
 * Inputs of the rollout resource and what they mean. They are the user's own arguments, so that
 * `pulumi preview --diff` reads as the user's change; `normalise` fills in the defaults.
 */
import { scanConfig } from "../config-scan";
import type { DashboardTls } from "../emqx/tls";
import type { EnterpriseInputs } from "../enterprise/inputs";
import { enterpriseReplicas, enterpriseSite, enterpriseStrategy } from "../enterprise/site";
import { names, secretKeys } from "../labels";
import { DEFAULT_DASHBOARD_PORT, declaredPorts, isHttpsOnly } from "../ports";
import { isObject } from "../shape";
import type { LicenseFacts, Role, Site, Strategy } from "./types";

/** Seconds that a stopping node has. */
export const DEFAULT_GRACE_SECONDS = 60;

/** Uid and resourceVersion of a Service; absent or bogus in a preview. */
export interface ServiceIdentity {
  uid?: string;
  resourceVersion?: string;
}

/** Arguments of `EmqxCluster` that concern the pods and their exchange, resolved, plus ours. */
export interface RolloutInputs {
  name: string;
  namespace: string;
  image: string;
  imagePullPolicy?: string;
  imagePullSecrets?: { name: string }[];
  serviceAccountName?: string;
  config?: { mode?: string; data?: string; roots?: Record<string, unknown> };
  clusterDomain?: string;
  dashboardTls?: DashboardTls;
  revisionHistoryLimit?: number;
  updateStrategy?: UpdateStrategy;
  coreTemplate?: NodeTemplate;
  replicantTemplate?: ReplicantTemplate;
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
  /** Keyed digests: they change with the secret and tell nothing about it. */
  licenseDigest?: string;
  apiKeysDigest?: string;
  /** Of the licence that the pods get, wherever it was given; nothing of it is secret. */
  licenseFacts?: LicenseFacts;
  /** Present for EMQX 4.4, whose arguments are another custom resource's. */
  enterprise?: EnterpriseInputs;
  /** A replaced or updated Service may have lost its selector. */
  services?: { listeners?: ServiceIdentity; dashboard?: ServiceIdentity };
  kubeconfig?: string;
  context?: string;
  /** Where log lines are shown. Pulumi drops an input called `urn`, and hides names with two underscores in diffs. */
  __urn?: string;
}

interface UpdateStrategy extends Partial<
  Omit<Strategy, "connEvictRate" | "sessEvictRate" | "waitTakeover" | "waitHealthCheck">
> {
  type?: string;
  evacuationStrategy?: Partial<
    Pick<Strategy, "connEvictRate" | "sessEvictRate" | "waitTakeover" | "waitHealthCheck">
  >;
}

export interface NodeTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  /** Kubernetes fragments by the names of `CoreTemplateSpecArgs`. */
  spec?: Record<string, unknown> & { replicas?: number };
}

export interface ReplicantTemplate extends NodeTemplate {
  ignoreReplicas?: boolean;
}

/** The template of a role; empty when none was given. */
export function templateOf(inputs: RolloutInputs, role: Role): NodeTemplate {
  const template = (role === "core" ? inputs.coreTemplate : inputs.replicantTemplate) ?? {};
  return { ...template, spec: template.spec ?? undefined };
}

/** Strategy with every default (facts: emqx-operator.md 5.1; ours on top). */
export function strategyOf(inputs: RolloutInputs): Strategy {
  if (inputs.enterprise) return enterpriseStrategy(inputs);
  const { evacuationStrategy, ...rest } = inputs.updateStrategy ?? {};
  const pace = evacuationStrategy ?? {};
  return {
    initialDelaySeconds: rest.initialDelaySeconds ?? 10,
    connEvictRate: pace.connEvictRate ?? 1000,
    sessEvictRate: pace.sessEvictRate ?? 1000,
    waitTakeover: pace.waitTakeover ?? 10,
    waitHealthCheck: pace.waitHealthCheck ?? 0,
    progressDeadlineSeconds: rest.progressDeadlineSeconds ?? 600,
    drainDeadlineSeconds: rest.drainDeadlineSeconds,
    onFailure: rest.onFailure ?? "abort",
    // Absent means the default of the rules, so that states of older packages do not differ.
    returnShare: rest.returnShare,
    gate: rest.gate ?? "none",
  };
}

/** The operator's defaults: 1, but 2 when a spec is given without `replicas`. */
export function replicasOf(inputs: Pick<RolloutInputs, "coreTemplate" | "enterprise">): number {
  if (inputs.enterprise) return enterpriseReplicas(inputs.enterprise);
  const spec = inputs.coreTemplate?.spec;
  return spec?.replicas ?? (isObject(spec) ? 2 : 1);
}

/** 0 without a template; the operator's 2 when it does not say. */
export function replicantsOf({
  replicantTemplate: template,
}: Pick<RolloutInputs, "replicantTemplate">): number {
  return template == null ? 0 : (template.spec?.replicas ?? 2);
}

/** Names and ports by which the cluster is found again; no credentials. */
export function siteOf(inputs: RolloutInputs): Site {
  if (inputs.enterprise) return enterpriseSite(inputs);
  const { coreTemplate, config } = inputs;
  const settings = scanConfig({ config, env: coreTemplate?.spec?.env });
  const declared = declaredPorts(settings);
  const { dashboard, dashboardHttps } = declared;
  return {
    name: inputs.name,
    namespace: inputs.namespace,
    clusterDomain: inputs.clusterDomain ?? "cluster.local",
    dashboardPort: dashboard ?? dashboardHttps ?? DEFAULT_DASHBOARD_PORT,
    ...(isHttpsOnly(declared) && { dashboardHttps: true }),
    ...(inputs.dashboardTls && { dashboardTls: inputs.dashboardTls }),
    apiKeySecret: { name: names.apiKeySecret(inputs.name), key: secretKeys.apiKey },
    licenseConfigured: inputs.licenseDigest !== undefined || settings.has("license.key"),
  };
}
