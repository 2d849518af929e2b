import { readFileSync } from "node:fs";

/** A write that the API server answered. */
export interface Write {
  /** Milliseconds since the epoch. */
  t: number;
  verb: string;
  /** `resource namespace/name`. */
  object: string;
  userAgent: string;
  code: number;
}

const WRITES = new Set(["create", "update", "patch", "delete", "deletecollection"]);

interface Entry {
  verb: string;
  userAgent?: string;
  requestURI?: string;
  requestReceivedTimestamp: string;
  objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string };
  responseStatus?: { code?: number };
}

/** What a preview asks of server-side apply is judged and thrown away. */
const isDry = ({ requestURI = "" }: Entry): boolean => /[?&]dryRun=All\b/.test(requestURI);

/** Writes since `since` whose user agent matches, from a sandbox's audit log. */
export function writesSince(auditLog: string, since: number, userAgent: RegExp): Write[] {
  return readFileSync(auditLog, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Entry)
    .filter((entry) => Date.parse(entry.requestReceivedTimestamp) >= since)
    .filter((entry) => WRITES.has(entry.verb) && !isDry(entry))
    .filter((entry) => userAgent.test(entry.userAgent ?? ""))
    .map(
      ({ verb, userAgent: agent = "", requestReceivedTimestamp, objectRef, responseStatus }) => ({
        t: Date.parse(requestReceivedTimestamp),
        verb,
        object: `${objectRef?.resource ?? ""} ${objectRef?.namespace ?? ""}/${objectRef?.name ?? ""}`,
        userAgent: agent,
        code: responseStatus?.code ?? 0,
      }),
    );
}
