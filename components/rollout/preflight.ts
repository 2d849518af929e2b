/** Everything knowable before a pod exists, judged. Pure: the facts come from `observe.ts`. */
import { licenseProblem } from "../license-rules";
import { releaseOf } from "../release";
import type { Look } from "./look";
import type { Side } from "./sides";
import type { PreflightFacts } from "./preflight-facts";
import type { Decision } from "./types";

export interface PreflightVerdict {
  problems: string[];
  warnings: string[];
}

/** Everything that can be known before a pod exists is asked first, once a rollout. */
export function checked(seen: Look, { role, revision, replicas }: Side): Decision {
  const { observation, entry } = seen;
  const created = entry?.phases.some(({ name }) => name === "CreateGreen") && seen.core.target;
  if (!observation.preflight && !created) {
    return { phase: "Preflight", actions: [{ do: "inspect" }], waitingFor: "" };
  }
  const { problems, warnings } = observation.preflight
    ? preflightProblems(observation.preflight, seen)
    : { problems: [], warnings: [] };
  if (problems.length > 0) {
    const message = `${problems.join("\n")}\nNothing was changed.`;
    return {
      phase: "Preflight",
      actions: [],
      waitingFor: "",
      failed: { code: "EMQX_PREFLIGHT_FAILED", message },
      warnings,
    };
  }
  return {
    phase: "CreateGreen",
    actions: [{ do: "createSet", role, revision, replicas }],
    waitingFor: "",
    warnings,
  };
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
  if (facts.keyRefused) problems.push(facts.keyRefused);
  problems.push(...licenceProblems(facts, seen));
  const running = seen.blue.filter((node) => node.reachable);
  if (running.length > 0 && !facts.evacuationApi) {
    warnings.push(
      "the running release has no evacuation (/load_rebalance answers 404; it is part of EMQX Enterprise " +
        "from 4.4.12 and of every release from 5.9 on): clients of a node are cut when its pod goes, and " +
        "sessions that live there end. Nodes are retired one at a time, waitTakeover apart.",
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
  const { desired } = seen;
  // During the upgrade blue and green run as one cluster, so even one replica makes two nodes.
  const wanted = seen.sides.reduce((sum, side) => sum + side.replicas, 0);
  const nodes = wanted + (seen.blue.length > 0 ? 1 : 0);
  const given = desired.license;
  const refused =
    given && licenseProblem(given, { nodes: wanted, upgrade: seen.blue.length > 0 }, seen.now);
  if (refused) return [refused];
  const tooFew = quotaProblem(seen, facts.sessions);
  if (tooFew) return [tooFew];
  if (license?.expired && !given) {
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
  if (!license && nodes > 1 && !facts.licenseConfigured && needsLicence(desired.image)) {
    return [
      `Expected a licence for ${nodes} nodes of ${desired.image}, got none: EMQX 5.9 and later ` +
        'refuse to cluster without one. Set `license` (for a trial: "evaluation", 25 sessions) or use one replica.',
    ];
  }
  return [];
}

/** A licence for fewer sessions than there are would make EMQX refuse clients that come back. */
export function quotaProblem(seen: Look, counted?: number): string | undefined {
  const { license } = seen.desired;
  const now = seen.observation.nodes.reduce((sum, node) => sum + (node.connections ?? 0), 0);
  const sessions = counted ?? now;
  if (license?.maxSessions === undefined || sessions <= license.maxSessions) return undefined;
  return (
    `Expected a \`license\` for the ${sessions} sessions that the cluster holds now, ` +
    `got one for ${license.maxSessions}: EMQX would refuse clients. Set a larger one.`
  );
}

/** EMQX 5.9 and later; an image whose tag is no version is given the benefit of the doubt. */
export function needsLicence(image: string): boolean {
  const { dialect, major, minor } = releaseOf(image);
  if (dialect === "v4" || major === undefined) return false;
  return major > 5 || (major === 5 && minor !== undefined && minor >= 9);
}
