export { EmqxCluster, type ServiceInfo } from "./emqx-cluster";
export type * from "./args";
export type { ClusterStatus, NodeStatus, RolloutSummary } from "./rollout/outputs";
export { EmqxError, isEmqxError, type ErrorCode } from "./errors";
