/** The templates of the pods, core and replicant, with the names of the operator. */
import type { Input } from "@pulumi/pulumi";
import type { core } from "@pulumi/kubernetes/types/input";

export interface MetadataArgs {
  labels?: Input<Record<string, Input<string>>>;
  annotations?: Input<Record<string, Input<string>>>;
}

export interface CoreTemplateArgs {
  /** Labels and annotations of the pods. */
  metadata?: Input<MetadataArgs>;
  spec?: Input<CoreTemplateSpecArgs>;
}

export interface ReplicantTemplateArgs {
  /** Labels and annotations of the pods. */
  metadata?: Input<MetadataArgs>;
  spec?: Input<ReplicantTemplateSpecArgs>;
  /**
   * Leaves the number to an autoscaler: `spec.replicas` only counts where there is no replicant yet.
   * @default false
   */
  ignoreReplicas?: Input<boolean>;
}

export interface CoreTemplateSpecArgs extends NodeTemplateSpecArgs {
  /**
   * Number of core nodes. A change scales in place; scaling in evacuates first.
   * @default 2 when `coreTemplate.spec` is given, else 1
   */
  replicas?: Input<number>;
  /**
   * One PersistentVolumeClaimSpec for `/opt/emqx/data`, in spite of the plural (it is the operator's).
   * @default an emptyDir
   */
  volumeClaimTemplates?: Input<core.v1.PersistentVolumeClaimSpec>;
}

export interface ReplicantTemplateSpecArgs extends NodeTemplateSpecArgs {
  /**
   * Number of replicant nodes; 0 leads the clients to the cores. A change scales in place; scaling
   * in evacuates first.
   * @default 2 (the operator's)
   */
  replicas?: Input<number>;
}

/** What both roles have. */
export interface NodeTemplateSpecArgs {
  /** Nodes of the role that a voluntary disruption must leave; excludes `maxUnavailable`. */
  minAvailable?: Input<number | string>;
  /**
   * Nodes of the role that a voluntary disruption may take.
   * @default 1
   */
  maxUnavailable?: Input<number | string>;
  nodeSelector?: Input<Record<string, Input<string>>>;
  nodeName?: Input<string>;
  affinity?: Input<core.v1.Affinity>;
  tolerations?: Input<Input<core.v1.Toleration>[]>;
  /** The operator's deprecated spelling of `tolerations`. */
  toleRations?: Input<Input<core.v1.Toleration>[]>;
  /** @default spread over hosts where possible, unless `affinity` is given */
  topologySpreadConstraints?: Input<Input<core.v1.TopologySpreadConstraint>[]>;
  command?: Input<Input<string>[]>;
  args?: Input<Input<string>[]>;
  /** More ports of the EMQX container. */
  ports?: Input<Input<core.v1.ContainerPort>[]>;
  /** More environment; it comes last, so it wins. */
  env?: Input<Input<core.v1.EnvVar>[]>;
  envFrom?: Input<Input<core.v1.EnvFromSource>[]>;
  resources?: Input<core.v1.ResourceRequirements>;
  /** @default uid, gid and fsGroup 1000 */
  podSecurityContext?: Input<core.v1.PodSecurityContext>;
  /** @default uid 1000, not root, no privilege escalation, no capabilities */
  containerSecurityContext?: Input<core.v1.SecurityContext>;
  initContainers?: Input<Input<core.v1.Container>[]>;
  extraContainers?: Input<Input<core.v1.Container>[]>;
  extraVolumes?: Input<Input<core.v1.Volume>[]>;
  extraVolumeMounts?: Input<Input<core.v1.VolumeMount>[]>;
  /** @default `GET /status` on the dashboard port every 30 s, from 60 s on */
  livenessProbe?: Input<core.v1.Probe>;
  /**
   * @default `GET /api/v5/load_rebalance/availability_check` every 2 s, so that an evacuating node
   * leaves the Service at once; `GET /status` for releases where it needs credentials or is missing
   */
  readinessProbe?: Input<core.v1.Probe>;
  startupProbe?: Input<core.v1.Probe>;
  lifecycle?: Input<core.v1.Lifecycle>;
  /**
   * Seconds that a stopping node has.
   * @default 60
   */
  terminationGracePeriodSeconds?: Input<number>;
}
