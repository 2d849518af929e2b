/** Labels by which the pods and sets of a cluster are known. */
export const REVISION = "emqx.io/revision";
export const INSTANCE = "app.kubernetes.io/instance";
export const COMPONENT = "app.kubernetes.io/component";
