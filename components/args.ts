/**
 * What the user writes: the `spec` of the EMQX Operator's custom resource `EMQX`
 * (`apps.emqx.io/v2beta1`), field for field, with a few fields of ours on top.
 */
import type { Input } from "@pulumi/pulumi";
import type { core, meta } from "@pulumi/kubernetes/types/input";
import type { MonitoringArgs } from "./monitoring/args";
import type { CoreTemplateArgs, ReplicantTemplateArgs } from "./template-args";

export type {
  GrafanaDashboardArgs,
  MonitoringArgs,
  PodMonitorArgs,
  PrometheusRuleArgs,
} from "./monitoring/args";
export type * from "./template-args";

export interface EmqxClusterArgs {
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
   * Take over a cluster of that name that this stack's state does not know, for example because the
   * stack was lost: as it runs, with its secrets, no pod restarted. May stay. A Kubernetes provider
   * that you give to the component needs `upsertExistingObjects` and `enablePatchForce` for it.
   * @default false: such a cluster is an error, EMQX_CLUSTER_EXISTS
   */
  adopt?: boolean;
  /**
   * Image of EMQX 5 or 6. A change is a blue-green upgrade. Open-source releases before 5.9 have no
   * evacuation: there the clients of a node are cut when its pod goes.
   */
  image: Input<string>;
  /**
   * `Always`, `IfNotPresent` or `Never`.
   * @default Kubernetes' rule: `Always` for the tag `latest`, else `IfNotPresent`
   */
  imagePullPolicy?: Input<string>;
  /** Secrets of the namespace with credentials for the image registry. */
  imagePullSecrets?: Input<Input<core.v1.LocalObjectReference>[]>;
  /**
   * ServiceAccount of the pods.
   * @default one of the cluster's name is created, without a mounted token
   */
  serviceAccountName?: Input<string>;
  /**
   * More keys of EMQX's HTTP API. EMQX reads them when a node starts, so a change is a blue-green
   * upgrade; a removed key stays valid until it is deleted in EMQX.
   */
  bootstrapAPIKeys?: Input<Input<BootstrapApiKeyArgs>[]>;
  /**
   * EMQX's configuration, written to `emqx.conf`. Most changes are put into force through EMQX's
   * API, without a new pod; the preview tells which ones need a blue-green upgrade. At most
   * 1,000,000 bytes, no `include`.
   */
  config?: Input<ConfigArgs>;
  /**
   * DNS domain of the Kubernetes cluster.
   * @default "cluster.local"
   */
  clusterDomain?: Input<string>;
  /**
   * Accepted so that an operator's spec can be pasted; without effect, since an old set is deleted
   * as soon as it is drained.
   * @default 3
   */
  revisionHistoryLimit?: Input<number>;
  /** How an upgrade proceeds. A change creates no pod. */
  updateStrategy?: Input<UpdateStrategyArgs>;
  /** The core nodes. */
  coreTemplate?: Input<CoreTemplateArgs>;
  /**
   * Nodes that take clients and hold no data; then the cores take none. A change renews only these.
   * @default none
   */
  replicantTemplate?: Input<ReplicantTemplateArgs>;
  /** The Service of the dashboard and the HTTP API, which leads to the cores. */
  dashboardServiceTemplate?: Input<ServiceTemplateArgs>;
  /**
   * How the certificate of EMQX's HTTP API is verified when it listens on HTTPS only
   * (`dashboard.listeners.http.bind = 0` and `dashboard.listeners.https`). A change creates no pod.
   * @default by the authorities that Node trusts, and the node's or the dashboard Service's name
   */
  dashboardTls?: Input<DashboardTlsArgs>;
  /** The Service that MQTT clients connect to: the replicants or, without any, the cores. */
  listenersServiceTemplate?: Input<ServiceTemplateArgs>;
  /**
   * EMQX licence key, stored as a secret; `"evaluation"` allows trials with 25 sessions. EMQX 5.9
   * and later refuse to cluster without one, and an upgrade always is a cluster. A change is put
   * into force through EMQX's API, without a new pod.
   */
  license?: Input<string>;
  /**
   * Objects of the Prometheus Operator and Grafana.
   * @default none
   */
  monitoring?: MonitoringArgs;
  /**
   * What becomes of the volumes of `coreTemplate.spec.volumeClaimTemplates`.
   * @default both "Delete": EMQX's tables live on in the new nodes, and an old volume would bring back an old evacuation
   */
  persistentVolumeClaimRetentionPolicy?: Input<{
    whenDeleted?: Input<"Delete" | "Retain">;
    whenScaled?: Input<"Delete" | "Retain">;
  }>;
  /**
   * Kubeconfig (content or path) for the rollout; stored as a secret. Give the same one to the
   * Kubernetes provider of this component.
   * @default the stack's `kubernetes:kubeconfig`, else the ambient one, else the pod's own
   */
  kubeconfig?: Input<string>;
  /**
   * Context of that kubeconfig.
   * @default the stack's `kubernetes:context`, else the current one
   */
  context?: Input<string>;
}

export interface DashboardTlsArgs {
  /** Certificates of private authorities, in PEM; those that Node trusts count as well. */
  caBundle?: Input<string>;
  /**
   * The only name that the certificate may have.
   * @default the node's name or the dashboard Service's, with or without the cluster's domain
   */
  serverName?: Input<string>;
  /**
   * Take any certificate, also an attacker's. Every preview and update warns.
   * @default false
   */
  insecureSkipVerify?: Input<boolean>;
}

export interface BootstrapApiKeyArgs {
  /** Letters, digits, `-` and `_`. */
  key?: Input<string>;
  /** 3 to 128 characters, no colon. */
  secret?: Input<string>;
  /** Reads key and secret from Secrets of the namespace instead. */
  secretRef?: Input<{ key: Input<SecretKeyArgs>; secret: Input<SecretKeyArgs> }>;
}

export interface SecretKeyArgs {
  secretName: Input<string>;
  secretKey: Input<string>;
}

export interface ConfigArgs {
  /**
   * How a change gets into a running cluster: `Merge` leaves what the dashboard has set, `Replace`
   * sets to its default what is not given in a root that is.
   * @default "Merge"
   */
  mode?: Input<"Merge" | "Replace">;
  /** HOCON text. */
  data?: Input<string>;
  /** Configuration roots as an object, for example `{ mqtt: { max_packet_size: "2MB" } }`; they win over `data`. */
  roots?: Input<Record<string, unknown>>;
}

export interface UpdateStrategyArgs {
  /**
   * The only value; it means blue-green.
   * @default "Recreate"
   */
  type?: Input<"Recreate">;
  /**
   * Seconds between the switch to the new nodes and the first eviction.
   * @default 10
   */
  initialDelaySeconds?: Input<number>;
  /** Pace of the evacuation. */
  evacuationStrategy?: Input<EvacuationStrategyArgs>;
  /**
   * Seconds that the new nodes may take to become ready and join.
   * @default 600
   */
  progressDeadlineSeconds?: Input<number>;
  /**
   * Seconds that the evacuation may take; when they are over both colours keep running.
   * @default no limit
   */
  drainDeadlineSeconds?: Input<number>;
  /**
   * What becomes of new nodes that miss their deadline: deleted (`abort`), or kept for inspection (`hold`).
   * @default "abort"
   */
  onFailure?: Input<"abort" | "hold">;
  /**
   * Share of the evicted clients, 0 to 1, that must be back on the new nodes within 10 s; otherwise
   * evacuation is stopped until they are, and fails after `progressDeadlineSeconds`. 0 never stops it.
   * @default 0.5
   */
  returnShare?: Input<number>;
  /**
   * `manual` waits before the switch for the annotation `emqx.io/rollout-control: promote` on the
   * ConfigMap `<name>-rollout`.
   * @default "none"
   */
  gate?: Input<"none" | "manual">;
}

export interface EvacuationStrategyArgs {
  /**
   * Connections per second that are evicted, summed over the cluster.
   * @default 1000
   */
  connEvictRate?: Input<number>;
  /**
   * Sessions per second that are moved, summed over the cluster.
   * @default 1000
   */
  sessEvictRate?: Input<number>;
  /**
   * Seconds that evicted clients have to reconnect before their sessions are moved; choose it
   * longer than the clients' reconnect delay. Of releases without evacuation, the seconds between
   * the ends of two nodes.
   * @default 10
   */
  waitTakeover?: Input<number>;
  /**
   * Seconds that a node keeps accepting clients after it left the load balancer. The switch of the
   * Service makes it unnecessary unless clients connect past the Service.
   * @default 0
   */
  waitHealthCheck?: Input<number>;
}

export interface ServiceTemplateArgs {
  /**
   * The listeners Service cannot be left out: an upgrade moves the clients by it.
   * @default true
   */
  enabled?: boolean;
  metadata?: Input<Pick<meta.v1.ObjectMeta, "labels" | "annotations">>;
  /** A ServiceSpec without `selector`, which belongs to the rollout. Its ports come first. */
  spec?: Input<Omit<core.v1.ServiceSpec, "selector">>;
}
