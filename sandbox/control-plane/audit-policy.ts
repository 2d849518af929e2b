import { RUNNER } from "./credentials";

/**
 * Logs who wrote what, once per request when it has been answered, and what the runner read; never
 * bodies.
 */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [
    { level: "Metadata", users: [RUNNER] },
    { level: "Metadata", verbs: ["create", "update", "patch", "delete", "deletecollection"] },
    { level: "None" },
  ],
};
