import { at, isObject, listAt, objectAt, textAt, type JsonObject } from "../rpc/json";
import type { Cluster } from "./cluster";
import { ApiError } from "./api-client";
import { isBuiltIn, kindOf } from "./kinds";

/** What an object still lacks to be ready. */
export interface Readiness {
  missing: string[];
  /** Changes whenever what was looked at did; a Service must be quiet for a while. */
  fingerprint: string;
  /** How long nothing may change before the object counts as ready, in ms. */
  settle: number;
}

/** Time in which a Service's endpoints must not change, as the real plugin's. */
export const SETTLE_TIME = 10_000;

const NO_ENDPOINTS =
  "Service does not target any Pods. Selected Pods may not be ready, or " +
  "field '.spec.selector' may not match labels on any Pods";
const NO_ADDRESS =
  "Service was not allocated an IP address; does your cloud provider support this?";

/** Looks at the live object, not at the program: a selector that others set counts as well. */
export async function readiness(cluster: Cluster, live: JsonObject): Promise<Readiness> {
  const kind = kindOf(live, "");
  if (!isBuiltIn(kind)) return ready();
  if (kind.kind === "Service") return serviceReadiness(cluster, live);
  if (kind.kind === "StatefulSet" || kind.kind === "Deployment") return workloadReadiness(live);
  return ready();
}

function ready(): Readiness {
  return { missing: [], fingerprint: "", settle: 0 };
}

async function serviceReadiness(cluster: Cluster, live: JsonObject): Promise<Readiness> {
  const missing: string[] = [];
  const type = textAt(live, "spec", "type");
  let fingerprint = "";
  let settle = 0;
  const hasSelector = Object.keys(objectAt(live, "spec", "selector")).length > 0;
  const headless = textAt(live, "spec", "clusterIP") === "None";
  if (hasSelector && !headless && type !== "ExternalName") {
    const endpoints = await endpointsOf(cluster, live);
    const subsets = listAt(endpoints, "subsets");
    const waiting = subsets.some((subset) => listAt(subset, "notReadyAddresses").length > 0);
    if (endpoints === undefined || waiting) missing.push(NO_ENDPOINTS);
    fingerprint = JSON.stringify(endpoints?.["subsets"] ?? null);
    settle = SETTLE_TIME;
  }
  if (type === "LoadBalancer" && listAt(live, "status", "loadBalancer", "ingress").length === 0) {
    missing.push(NO_ADDRESS);
  }
  return { missing, fingerprint, settle };
}

async function endpointsOf(cluster: Cluster, service: JsonObject): Promise<JsonObject | undefined> {
  try {
    return await cluster.get(
      { apiVersion: "v1", kind: "Endpoints" },
      textAt(service, "metadata", "namespace") ?? "",
      textAt(service, "metadata", "name") ?? "",
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function workloadReadiness(live: JsonObject): Readiness {
  const number = (...path: string[]): number => Number(at(live, ...path) ?? 0);
  const wanted = Number(at(live, "spec", "replicas") ?? 1);
  const observed = number("status", "observedGeneration") >= number("metadata", "generation");
  const readyNow = number("status", "readyReplicas");
  const updated = number("status", "updatedReplicas");
  const complete = observed && readyNow === wanted && updated === wanted;
  if (complete || wanted === 0) return ready();
  if (textAt(live, "kind") === "StatefulSet") {
    const reason = `${readyNow} out of ${wanted} replicas succeeded readiness checks`;
    return { ...ready(), missing: [reason] };
  }
  const unavailable = listAt(live, "status", "conditions")
    .filter(isObject)
    .filter((condition) => condition["type"] === "Available" && condition["status"] !== "True")
    .map((condition) => `[${textAt(condition, "reason")}] ${textAt(condition, "message")}`);
  return { ...ready(), missing: [...unavailable, "Minimum number of live Pods was not attained"] };
}
