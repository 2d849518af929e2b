/** The rules that hold a rollout up: a person, clients that stay away, a cluster in which nothing moves. */
import { live } from "./drain";
import type { Look } from "./look";
import { planDrain, stopEvicting } from "./plan-drain";
import type { Action, Away, Decision, Phase } from "./types";
import { halt, wait } from "./verdicts";

/** A pause stops our writes; evacuations that EMQX has begun go on. */
export function paused({ observation, phase }: Look): Decision | undefined {
  if (observation.control !== "pause") return undefined;
  return wait(phase, "paused by annotation emqx.io/rollout-control; set it to resume to go on");
}

/** Milliseconds for which the listeners Service may be gone: replacing it is deleting and creating it. */
export const SERVICE_PATIENCE = 10_000;

/** Without the Service an evicted client has nowhere to go. */
export function awaitService(seen: Look): Decision | undefined {
  const { observation, held, phase } = seen;
  if (observation.service.exists) return undefined;
  const waitingFor = "the listeners Service, which somebody deleted";
  if ((held.serviceless ?? 0) < SERVICE_PATIENCE) {
    return { phase, actions: stopEvicting(seen), waitingFor };
  }
  const message =
    "Expected the listeners Service of the cluster, found none: somebody deleted it. No more clients " +
    "are evicted, all nodes keep running. Run `pulumi up --refresh`, which creates it again and goes on from here.";
  return halt("EMQX_KUBERNETES_ERROR", message);
}

/** Phases whose waits, before the drain, have a deadline of their own or none. */
const BOUNDED: readonly Phase[] = ["WaitGreen", "Gate", "Promote"];

/** Nothing else bounds the waits of a drain and of what comes after: for a hung host, a pod that does not end, a refused call. */
export function endStandstill(seen: Look): Decision | undefined {
  const { draining, entry, held, desired, leaving, observation, phase } = seen;
  const { progressDeadlineSeconds, waitTakeover, waitHealthCheck } = desired.strategy;
  const limit = progressDeadlineSeconds + waitTakeover + waitHealthCheck;
  if (isHolding(entry?.away) || (held.still ?? 0) < limit * 1000) return undefined;
  if (!draining) {
    if (BOUNDED.includes(phase)) return undefined;
    const ending = observation.nodes.filter((node) => node.terminating).map(({ pod }) => pod);
    const message =
      `nothing has changed for ${limit} s. Pods that do not end: ${ending.join(", ") || "none"}; nodes that EMQX ` +
      `lists as running though no set has them: ${seen.lingering.join(", ") || "none"}.\n${seen.diagnosis}\n` +
      "Cure what is named here, then run `pulumi up` again: it goes on from here.";
    return halt("EMQX_PROGRESS_DEADLINE", message);
  }
  const left = leaving.filter((node) => !seen.drained(node)).map((node) => node.pod);
  const message =
    `nothing has changed for ${limit} s (progressDeadlineSeconds and the waits of the evacuation). ` +
    `Not drained: ${left.join(", ") || "none"}; waiting for ${planDrain(seen, { hold: false }).waitingFor}. All nodes that are left keep running.\n${seen.diagnosis}\n` +
    "Cure what is named here, then run `pulumi up` again: it goes on from here.";
  return halt("EMQX_DRAIN_DEADLINE", message);
}

/**
 * Who was evicted must be back before more are: else a listener, a licence or a load balancer would
 * turn the upgrade into an outage. With nobody left to evict there is nobody to hold for.
 */
export function awaitClients(seen: Look): Decision | undefined {
  const { draining, entry, leaving, missing, arrived, observation, desired, now } = seen;
  const away = entry?.away;
  if (!draining || away?.ignored || leaving.every((node) => live(node) === 0)) return undefined;
  if (!away) {
    if (missing === undefined) return undefined;
    return hold(seen, { until: missing, since: new Date(now).toISOString() });
  }
  if (observation.control === "resume") {
    const actions: Action[] = [{ do: "clearControl" }];
    return { ...hold(seen, { ...away, ignored: true }), actions };
  }
  if (arrived !== undefined && arrived >= away.until) return { ...hold(seen, null), actions: [] };
  const limit = desired.strategy.progressDeadlineSeconds;
  if (now - Date.parse(away.since) <= limit * 1000) return hold(seen, away);
  const message =
    `evicted clients did not come back within progressDeadlineSeconds = ${limit}: ${arrived ?? "an unknown number"} ` +
    `of ${away.until} are on the new nodes. Evacuation is stopped, both colours keep running.\n${seen.diagnosis}\n` +
    "Look why clients cannot connect (listener, licence, load balancer), then run `pulumi up` again. For clients that " +
    "are gone for good, annotate emqx.io/rollout-control: resume during the run, or lower updateStrategy.returnShare.";
  return halt("EMQX_CLIENTS_AWAY", message);
}

export const isHolding = (away: Away | undefined): boolean => away !== undefined && !away.ignored;

/** Sessions may go on being moved; nobody else is cut. */
function hold(seen: Look, away: Away | null): Decision {
  const plan = planDrain(seen, { hold: true });
  const until = away?.until ?? seen.entry?.away?.until;
  return {
    ...plan,
    actions: plan.actions.length > 0 ? plan.actions : stopEvicting(seen),
    waitingFor: `evicted clients to come back, ${seen.arrived ?? "an unknown number"} of ${until} are on the new nodes`,
    away,
    ...(away && {
      warnings: [
        `Evicted clients do not come back: evacuation is held until ${away.until} clients are on the new nodes.`,
      ],
    }),
  };
}
