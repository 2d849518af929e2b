export { EmqxCluster, type ServiceInfo } from "./emqx-cluster";
export {
  argsFromCustomResource,
  type FromCustomResource,
} from "./custom-resource/args-from-custom-resource";
export { clusterFromCustomResource } from "./custom-resource/cluster-from-custom-resource";
export { EmqxEnterprise } from "./enterprise/emqx-enterprise";
export type * from "./args";
export type * from "./enterprise/args";
export type * from "./enterprise/container-args";
export type { ClusterStatus, NodeStatus, RolloutSummary } from "./rollout/outputs";
export { EmqxError, isEmqxError, type ErrorCode } from "./errors";
