/** Everything knowable before a pod exists, judged. Pure: the facts come from `observe.ts`. */
import type { Look } from "./look";
import type { PreflightFacts } from "./types";

export interface PreflightVerdict {
  problems: string[];
  warnings: string[];
}

/** Problems stop the rollout before anything is written; warnings are shown and it goes on. */
export function preflightProblems(facts: PreflightFacts, seen: Look): PreflightVerdict {
  const problems: string[] = [];
  const warnings: string[] = [];
  if (facts.missingPermissions.length > 0) {
    problems.push(
      `Expected permissions that these credentials lack: ${facts.missingPermissions.join(", ")}. ` +
        "Grant them, for example by the Role in docs/rbac.md.",
    );
  }
  problems.push(...licenceProblems(facts, seen));
  const running = seen.blue.filter((node) => node.reachable);
  if (running.length > 0 && !facts.evacuationApi) {
    problems.push(
      "Expected EMQX's evacuation API (/load_rebalance) on the running nodes, got 404. " +
        "It is part of EMQX Enterprise 5.x and of every release from 5.9 on.",
    );
  }
  if (facts.foreignRebalances.length > 0) {
    problems.push(
      `Expected no rebalance or evacuation under way, found ${facts.foreignRebalances.join(", ")}. ` +
        "Wait for its end or stop it in the dashboard.",
    );
  }
  const silent = seen.blue.filter((node) => !node.ready || !node.reachable);
  if (silent.length > 0) {
    const pods = silent.map((node) => node.pod).join(", ");
    warnings.push(`not healthy before the upgrade: ${pods}. Their clients may already be cut.`);
  }
  return { problems, warnings };
}

function licenceProblems(facts: PreflightFacts, seen: Look): string[] {
  const { license } = facts;
  // During the upgrade blue and green run as one cluster, so even one replica makes two nodes.
  const nodes = seen.desired.replicas + (seen.blue.length > 0 ? 1 : 0);
  if (license?.expired) {
    const since = license.expiryAt ? ` on ${license.expiryAt}` : "";
    return [`Expected a valid EMQX licence, got one that expired${since}. Renew it first.`];
  }
  if (license?.type === "community" && nodes > 1) {
    return [
      `Expected an EMQX licence that allows ${nodes} nodes at once (blue and green run side by side), ` +
        "got the community licence, which allows one. Install a licence on the running cluster first " +
        "(dashboard, or POST /api/v5/license) and give the same key as `license`.",
    ];
  }
  if (!license && nodes > 1 && !facts.licenseConfigured && needsLicence(seen.desired.image)) {
    return [
      `Expected a licence for ${nodes} nodes of ${seen.desired.image}, got none: EMQX 5.9 and later ` +
        'refuse to cluster without one. Set `license` (for a trial: "evaluation", 25 sessions) or use one replica.',
    ];
  }
  return [];
}

/** EMQX 5.9 and later; an image whose tag is no version is given the benefit of the doubt. */
export function needsLicence(image: string): boolean {
  const version = /:v?(\d+)\.(\d+)\.\d+/.exec(image);
  if (!version) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > 5 || (major === 5 && minor >= 9);
}
