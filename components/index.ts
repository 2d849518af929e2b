export { EmqxCluster, type ServiceInfo } from "./emqx-cluster";
export { EmqxEnterprise } from "./enterprise/emqx-enterprise";
export type * from "./args";
export type * from "./enterprise/args";
export type * from "./enterprise/container-args";
export type { ClusterStatus, NodeStatus, RolloutSummary } from "./rollout/outputs";
export { EmqxError, isEmqxError, type ErrorCode } from "./errors";
