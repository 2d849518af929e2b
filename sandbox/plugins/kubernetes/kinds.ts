import { textAt, type JsonObject } from "../rpc/json";

/** What an object is, e.g. `apps/v1` `StatefulSet`. */
export interface Kind {
  apiVersion: string;
  kind: string;
}

/** Kinds without a namespace, for when the API server cannot be asked. */
const CLUSTER_SCOPED = new Set([
  "APIService",
  "CSIDriver",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingWebhookConfiguration",
]);

/** The kind of an object, else the one in the URN's type token (`kubernetes:apps/v1:Deployment`). */
export function kindOf(object: JsonObject, urn: string): Kind {
  const [, version = "", name = ""] = (urn.split("::")[2]?.split("$").at(-1) ?? "").split(":");
  return {
    apiVersion: textAt(object, "apiVersion") ?? version.replace(/^core\//, ""),
    kind: textAt(object, "kind") ?? name,
  };
}

/** True for the groups that every API server has; the rest are custom resources. */
export function isBuiltIn(kind: Kind): boolean {
  const group = kind.apiVersion.includes("/") ? (kind.apiVersion.split("/")[0] ?? "") : "";
  return !group.includes(".") || group.endsWith(".k8s.io");
}

/** True for built-in kinds that live outside namespaces. */
export function isClusterScoped(kind: Kind): boolean {
  return isBuiltIn(kind) && CLUSTER_SCOPED.has(kind.kind);
}

/** The resource's own name in its URN. */
export function urnName(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Pulumi's id of an object: `namespace/name`, cluster-scoped: `name`. */
export function objectId(object: JsonObject): string {
  const name = textAt(object, "metadata", "name") ?? "";
  const namespace = textAt(object, "metadata", "namespace");
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

/** Splits what `objectId` made. */
export function parseId(id: string): { namespace: string; name: string } {
  const slash = id.indexOf("/");
  return { namespace: slash < 0 ? "" : id.slice(0, slash), name: id.slice(slash + 1) };
}

/** Whether an annotation of Pulumi's is `"true"`, e.g. `skipAwait`. */
export function isAnnotated(object: JsonObject, name: string): boolean {
  return textAt(object, "metadata", "annotations", `pulumi.com/${name}`) === "true";
}
