/** What Preflight looks at; gathered once, before green is created. */
export interface PreflightFacts {
  /** `verb resource` pairs that SelfSubjectAccessReview denies. */
  missingPermissions: string[];
  /** From `GET /license` of a running node; undefined on a first deployment or when unreadable. */
  license?: { type: string; expired: boolean; expiryAt?: string; maxSessions?: number };
  /** The evacuation API answers on every node that will be drained. */
  evacuationApi: boolean;
  /** Sessions in the whole cluster now, for the licence's quota; undefined when no node answered. */
  sessions?: number;
  /** Running rebalances, or evacuations of nodes that no rollout of ours touches. */
  foreignRebalances: string[];
  /** A licence is configured for the new nodes (argument, config root or env). */
  licenseConfigured: boolean;
  /** Why running nodes do not take our API key; absent when one does, or none answers. */
  keyRefused?: string;
}
