/** What EMQX would refuse for a licence, said before a pod exists. */
import type { LicenseFacts } from "./rollout/types";

/** Whether its last valid day is over, by the date of UTC as EMQX counts. */
export function isExpired({ expiresOn }: LicenseFacts, now = Date.now()): boolean {
  return expiresOn !== undefined && expiresOn < new Date(now).toISOString().slice(0, 10);
}

export interface LicensedCluster {
  /** Nodes of both roles. */
  nodes: number;
  /** New cores are made next to running ones. */
  upgrade: boolean;
}

/** Undefined when there is nothing to refuse. */
export function licenseProblem(
  facts: LicenseFacts,
  { nodes, upgrade }: LicensedCluster,
  now?: number,
): string | undefined {
  if (isExpired(facts, now)) {
    return (
      `Expected \`license\` to be valid today, got one whose last day was ${facts.expiresOn}. ` +
      "EMQX would refuse it. Renew the licence and give the new key."
    );
  }
  const together = nodes + (upgrade ? 1 : 0);
  if (facts.type !== "single-node" || together <= 1) return undefined;
  const why = upgrade ? " at once, since old and new ones run side by side" : "";
  const wayOut = upgrade ? "" : ", or run one core and no replicant";
  return (
    `Expected \`license\` to allow ${together} nodes${why}, got a single-node licence: with it EMQX ` +
    `refuses to cluster. Give a licence for clusters (for a trial: "evaluation", 25 sessions)${wayOut}.`
  );
}

/** What to know about a licence that is fine; undefined when there is nothing. */
export function licenseWarning(facts: LicenseFacts): string | undefined {
  if (facts.type !== "evaluation") return undefined;
  const until = facts.expiresOn ? `, until ${facts.expiresOn}` : "";
  return (
    `The licence is for evaluation: at most ${facts.maxSessions} sessions in the whole cluster${until}, ` +
    "and a node refuses new clients 30 days after its start. Set `license` to a purchased key for more."
  );
}
