import type { JsonObject } from "../rpc/json";
import { isBuiltIn, type Kind } from "./kinds";
import { parsePath, type PropertyPath } from "./property-path";
import type { Settings } from "./settings";

/** Fields that the API server cannot change in place, beside the object's name and namespace. */
const FIELDS: Record<string, string[]> = {
  Deployment: ["spec.selector"],
  RoleBinding: ["roleRef"],
  ClusterRoleBinding: ["roleRef"],
  Service: ["spec.clusterIP"],
  StatefulSet: [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
};

/** The fields of an object whose change means a new object. */
export function forceNewFields(kind: Kind, live: JsonObject, settings: Settings): PropertyPath[] {
  const fields = ["metadata.name", "metadata.namespace"];
  if (isBuiltIn(kind)) {
    const frozen = live["immutable"] === true;
    fields.push(...(FIELDS[kind.kind] ?? []));
    if (kind.kind === "ConfigMap" && (frozen || !settings.mutableConfigMaps)) {
      fields.push("data", "binaryData");
    }
    if (kind.kind === "Secret") fields.push("type");
    if (kind.kind === "Secret" && (frozen || !settings.mutableSecrets)) {
      fields.push("data", "stringData");
    }
  }
  return fields.map(parsePath);
}
