import { readFileSync } from "node:fs";
import { RUNNER } from "../control-plane/credentials";

/** One kind of request that Pulumi's user made, as the API server's authorizer names it. */
export interface Use {
  /** API group; empty for the core group. */
  group: string;
  /** Plural, with the subresource behind a slash. */
  resource: string;
  verb: string;
  userAgent: string;
}

interface Entry {
  verb: string;
  userAgent?: string;
  user?: { username?: string };
  objectRef?: {
    apiGroup?: string;
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  responseStatus?: { code?: number };
  annotations?: Record<string, string>;
}

const DECISION = "authorization.k8s.io/decision";
const VIOLATIONS = "pod-security.kubernetes.io/audit-violations";

/** What the runner did with objects; whoever is logged in may ask for the API and for its own rights. */
export function usesOf(auditLog: string): Use[] {
  return entries(auditLog)
    .filter(isRunners)
    .flatMap(({ verb, userAgent = "", objectRef, responseStatus }) => {
      if (!objectRef?.resource) return [];
      const { apiGroup: group = "", resource: plural, subresource } = objectRef;
      if (group === "authorization.k8s.io") return [];
      const resource = subresource ? `${plural}/${subresource}` : plural;
      const use = { group, resource, verb, userAgent };
      // An apply that creates is a `patch` for which the API server asks for `create` as well.
      const creates = verb === "patch" && responseStatus?.code === 201;
      return creates ? [use, { ...use, verb: "create" }] : [use];
    });
}

/** What the runner was not allowed, a line each. */
export const deniedTo = (auditLog: string): string[] =>
  entries(auditLog)
    .filter((entry) => isRunners(entry) && entry.annotations?.[DECISION] === "forbid")
    .map((entry) => `${entry.verb} ${nameOf(entry)}`);

/** What of the runner's and the controllers' requests breaks the Pod Security Standard `restricted`. */
export const podSecurityViolations = (auditLog: string): string[] =>
  entries(auditLog).flatMap((entry) => {
    const why = entry.annotations?.[VIOLATIONS];
    return why === undefined ? [] : [`${nameOf(entry)}: ${why}`];
  });

const isRunners = ({ user }: Entry): boolean => user?.username === RUNNER;

function nameOf({ objectRef = {} }: Entry): string {
  const { resource, subresource, namespace, name } = objectRef;
  return `${resource}${subresource ? `/${subresource}` : ""} ${namespace ?? ""}/${name ?? ""}`;
}

const entries = (auditLog: string): Entry[] =>
  readFileSync(auditLog, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Entry);
