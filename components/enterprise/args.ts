/**
 * What the user writes: the `spec` of the EMQX Operator's custom resource `EmqxEnterprise`
 * (`apps.emqx.io/v1beta4`, EMQX 4.4), field for field, with a few fields of ours on top.
 */
import type { Input } from "@pulumi/pulumi";
import type { core, meta } from "@pulumi/kubernetes/types/input";
import type {
  EmqxClusterArgs,
  EvacuationStrategyArgs,
  MetadataArgs,
  UpdateStrategyArgs,
} from "../args";
import type { MonitoringArgs } from "../monitoring/args";
import type { EmqxContainerArgs } from "./container-args";

export interface EmqxEnterpriseArgs {
  /**
   * Prefix of every physical name: a plain lower-case DNS label of at most 38 characters.
   * A change replaces the cluster.
   * @default the name of the Pulumi resource
   */
  name?: string;
  /**
   * Namespace of every object; it must exist. A plain string, since a change replaces the cluster.
   * @default "default"
   */
  namespace?: string;
  /**
   * Number of nodes. A change scales in place; scaling in evacuates first.
   * @default 3
   */
  replicas?: Input<number>;
  /**
   * DNS domain of the Kubernetes cluster.
   * @default "cluster.local"
   */
  clusterDomain?: Input<string>;
  /** The licence file, in exactly one of three ways. A change of it is an upgrade. */
  license?: EnterpriseLicenseArgs;
  /**
   * PersistentVolumeClaimTemplate of `/opt/emqx/data`.
   * @default an emptyDir
   */
  persistent?: Input<{
    metadata?: Input<Pick<meta.v1.ObjectMeta, "name" | "labels" | "annotations">>;
    spec: Input<core.v1.PersistentVolumeClaimSpec>;
  }>;
  /**
   * Upgrades exchange all nodes blue-green with evacuation. A change of its numbers creates no pod;
   * giving it for the first time, or leaving it out, exchanges all nodes once.
   * @default absent: Kubernetes renews the nodes one by one, and cuts the clients of each
   */
  blueGreenUpdate?: Input<BlueGreenUpdateArgs>;
  /** The pods. A change of it is an upgrade. */
  template: Input<EnterpriseTemplateArgs>;
  /** The Service that MQTT clients connect to. */
  serviceTemplate?: EnterpriseServiceTemplateArgs;
  /** What the operator's resource has no field for. A change creates no pod. */
  updateStrategy?: Input<
    Pick<
      UpdateStrategyArgs,
      "progressDeadlineSeconds" | "drainDeadlineSeconds" | "onFailure" | "returnShare" | "gate"
    >
  >;
  /**
   * What becomes of the volumes of `persistent`.
   * @default both "Delete"
   */
  persistentVolumeClaimRetentionPolicy?: EmqxClusterArgs["persistentVolumeClaimRetentionPolicy"];
  /** PodMonitor, alerts and a Grafana dashboard. */
  monitoring?: MonitoringArgs;
  /** As in `EmqxClusterArgs`. */
  adopt?: boolean;
  /** As in `EmqxClusterArgs`. */
  kubeconfig?: Input<string>;
  /** As in `EmqxClusterArgs`. */
  context?: Input<string>;
}

export interface EnterpriseLicenseArgs {
  /** The licence file, base64. */
  data?: Input<string>;
  /** The licence file as text. */
  stringData?: Input<string>;
  /** A Secret of the namespace with one key, the licence file; it is read on every `pulumi up`. */
  secretName?: Input<string>;
}

export interface BlueGreenUpdateArgs {
  /**
   * Seconds between the switch to the new nodes and the first eviction.
   * @default 10
   */
  initialDelaySeconds?: Input<number>;
  /** Pace of the evacuation. */
  evacuationStrategy?: Input<
    Pick<EvacuationStrategyArgs, "waitTakeover" | "connEvictRate" | "sessEvictRate">
  >;
}

export interface EnterpriseTemplateArgs {
  /** Labels and annotations of the pods. */
  metadata?: Input<MetadataArgs>;
  spec: Input<EnterpriseTemplateSpecArgs>;
}

export interface EnterpriseTemplateSpecArgs {
  /** The container of EMQX. */
  emqxContainer: Input<EmqxContainerArgs>;
  /**
   * ServiceAccount of the pods.
   * @default one of the cluster's name is created, without a mounted token
   */
  serviceAccountName?: Input<string>;
  /** Accepted so that an operator's spec can be pasted; without effect, since no sidecar is needed. */
  reloaderImage?: Input<string>;
  imagePullSecrets?: Input<Input<core.v1.LocalObjectReference>[]>;
  initContainers?: Input<Input<core.v1.Container>[]>;
  extraContainers?: Input<Input<core.v1.Container>[]>;
  volumes?: Input<Input<core.v1.Volume>[]>;
  /** @default uid, gid and fsGroup 1000 */
  podSecurityContext?: Input<core.v1.PodSecurityContext>;
  nodeSelector?: Input<Record<string, Input<string>>>;
  nodeName?: Input<string>;
  affinity?: Input<core.v1.Affinity>;
  tolerations?: Input<Input<core.v1.Toleration>[]>;
}

export interface EnterpriseServiceTemplateArgs {
  /** Name, labels and annotations; the name is the cluster's by default, and a plain string. */
  metadata?: {
    name?: string;
    labels?: Input<Record<string, Input<string>>>;
    annotations?: Input<Record<string, Input<string>>>;
  };
  /** A ServiceSpec without `selector`, which belongs to the rollout. Its ports come first. */
  spec?: Input<Omit<core.v1.ServiceSpec, "selector">>;
}
