/**
 * The rules of an upgrade, on one page.
 *
 * `decide` looks at the cluster and says what to do next. Nothing is remembered: the set whose
 * revision is wanted is green (the target), every other set is blue and leaves, and so do the
 * nodes of the target above the wanted number. A killed run, a second runner, a change of mind
 * and a rollback are therefore the same code path. With replicants there is a target of each role:
 * cores come first and go last. Rules are asked in order; the first that answers wins.
 */
import { isEvacuating, isLost, isUp, SILENCE_SECONDS } from "./drain";
import { isIn } from "./goal";
import { awaitClients, awaitService, endStandstill, isHolding, paused } from "./holds";
import { placeOf } from "./leftovers";
import { look, type Look } from "./look";
import { dispose, forget, planDrain, stop } from "./plan-drain";
import { checked, quotaProblem } from "./preflight";
import type { Past } from "./returns";
import type {
  Action,
  Decision,
  Desired,
  Held,
  NodeObservation,
  Observation,
  RolloutRecord,
} from "./types";
import { halt, wait } from "./verdicts";

/** Milliseconds without a new client on blue that prove the switch. */
export const QUIET = 2_000;
/** Milliseconds after which clients that keep coming to blue no longer hold the drain up: they do not use the Service. */
export const QUIET_PATIENCE = 30_000;
/** Milliseconds that a container may be unable to start for a reason that waiting does not cure. */
export const HOPELESS_PATIENCE = 30_000;
/** Milliseconds for which green must have been incomplete in one go to miss a deadline. */
export const BLIP = 30_000;

type Rule = (look: Look) => Decision | undefined;

const RULES: Rule[] = [
  paused,
  turnBack,
  consumeTheOrder,
  awaitService,
  endStandstill,
  endOldEvacuations,
  disposeOfSetsThatNeverServed,
  freeTheNames,
  createGreen,
  renewInPlace,
  putSettingsIntoForce,
  growGreen,
  waitForGreen,
  gate,
  promote,
  proveTheSwitch,
  awaitClients,
  drain,
  forgetStoppedNodes,
  removeWhatSetsLeft,
  finish,
];

/** What to do next, and why. */
export function decide(
  observation: Observation,
  desired: Desired,
  record: RolloutRecord,
  held: Held,
  now: number,
  past?: Past,
): Decision {
  const seen = look(observation, desired, record, held, now, past);
  for (const rule of RULES) {
    const decision = rule(seen);
    if (decision) return decision;
  }
  throw new Error("unreachable: the last rule always answers");
}

/** An abort makes blue the target again; without a blue that has served there is nothing to go back to. */
function turnBack(seen: Look): Decision | undefined {
  const { observation, entry, wayBack } = seen;
  if (observation.control !== "abort" || entry?.aborting) return undefined;
  const message = "aborted by annotation emqx.io/rollout-control";
  const code = "EMQX_ROLLOUT_ABORTED";
  if (wayBack) return { phase: "Aborting", actions: [], waitingFor: "", abort: { code, message } };
  const nowhere = `${message}, but no earlier revision is there to go back to: nothing was changed`;
  return { ...halt("EMQX_ROLLOUT_HELD", nowhere), actions: [{ do: "clearControl" }] };
}

/**
 * An order is consumed when it is seen to be obeyed, or was given for something else: neither a later
 * rollout nor a later hold may take it for its own.
 */
function consumeTheOrder({ observation, entry, selected, phase }: Look): Decision | undefined {
  const { control } = observation;
  const consumed =
    (control === "promote" && (selected || !entry)) ||
    (control === "abort" && !!entry?.aborting) ||
    (control === "resume" && !isHolding(entry?.away));
  if (!consumed) return undefined;
  return { phase, actions: [{ do: "clearControl" }], waitingFor: "" };
}

/**
 * No evacuation runs on a node that stays: it would refuse the clients that are to come. Nor, before
 * the drain, on one whose recipients are all of another set that leaves: that was for a goal given up.
 */
function endOldEvacuations(seen: Look): Decision | undefined {
  const { staying, leaving, draining, phase } = seen;
  const old = (node: NodeObservation): boolean => {
    const names = node.evacuation?.recipients ?? [];
    const recipients = leaving.filter((other) => names.includes(other.node));
    const elsewhere = recipients.every((other) => other.revision !== node.revision);
    return names.length > 0 && recipients.length === names.length && elsewhere;
  };
  const given = draining ? [] : leaving.filter(old);
  const actions = [...staying, ...given].filter(isEvacuating).map(stop);
  if (actions.length === 0) return undefined;
  return { phase, actions, waitingFor: "ending evacuations that nobody wants any more" };
}

/** What never served holds nobody's connection: a failed green must not stand in the way of its correction. */
function disposeOfSetsThatNeverServed(seen: Look): Decision | undefined {
  const { phase } = seen;
  const actions = dispose(seen);
  if (actions.length === 0) return undefined;
  return { phase, actions, waitingFor: "removing pods that never served" };
}

/**
 * A rollback or a scale-out gives new pods the names of nodes that are gone: EMQX must have forgotten
 * those first, for a wiped node that joins under a name that is on the books makes others restart.
 */
function freeTheNames(seen: Look): Decision | undefined {
  const { core, phase } = seen;
  const { target, replicas, revision, green } = core;
  if (target && target.replicas >= replicas) return undefined;
  const reused = (node: string) => {
    const set = placeOf(node)?.set;
    return set !== undefined && (set === target?.name || set.endsWith(`-${revision}`));
  };
  // Who could tell is silent for now; what is down for good has no books any more.
  const blind =
    seen.familiar &&
    seen.blue.some((node) => !isLost(node, seen.held)) &&
    seen.observation.nodes.every((node) => !node.view);
  if (blind) return wait(phase, "a node to tell which names EMQX still knows");
  const ending = green.some((node) => node.terminating);
  if (!ending && ![...seen.forgotten, ...seen.lingering].some(reused)) return undefined;
  return {
    phase,
    actions: forget(seen),
    waitingFor: "EMQX to forget nodes whose names are reused",
  };
}

/** Cores first: a replicant needs a core of its own release, so it is created when they have joined. */
function createGreen(seen: Look): Decision | undefined {
  const missing = seen.sides.find((side) => !side.target);
  if (!missing || (missing.role === "replicant" && !seen.coresJoined)) return undefined;
  return checked(seen, missing);
}

/** Kubernetes renews a rolling set's pods itself once it has the new template. */
function renewInPlace(seen: Look): Decision | undefined {
  const { core, desired } = seen;
  if (!desired.rolling || core.target?.template === desired.rolling.template) return undefined;
  return checked(seen, core);
}

/**
 * Hot configuration and licence need no new pod. Not while two revisions run together: a cluster
 * of mixed releases takes no cluster-wide change (EMQX docs); green was created with the new ones.
 */
function putSettingsIntoForce(seen: Look): Decision | undefined {
  const { entry, outgoing, disposable, goal, wanted, phase } = seen;
  // What is gone back to keeps the settings that it had.
  if (goal !== wanted) return undefined;
  const mixed = outgoing.length + disposable.length > 0;
  // A licence that has run out may be why evicted clients stay away: then it cannot wait.
  if (mixed && !isHolding(entry?.away)) return undefined;
  const { via, license } = seen.behind;
  const config = mixed ? [] : seen.behind.config;
  const problem = license.length > 0 ? quotaProblem(seen) : undefined;
  if (problem) return halt("EMQX_LICENSE_REJECTED", `${problem} Nothing was changed.`, "Failed");
  const actions: Action[] = [];
  if (license.length > 0) actions.push({ do: "renewLicense", revisions: license, via });
  if (config.length > 0) actions.push({ do: "configure", revisions: config, via });
  if (actions.length === 0) return undefined;
  const waitingFor = "EMQX to take the new settings";
  if (via.length > 0 || !seen.core.green.some(isUp)) return { phase, actions, waitingFor };
  if ((seen.held.unasked ?? 0) < SILENCE_SECONDS * 1000) return wait(phase, waitingFor);
  const warning = `No node took the new settings within ${SILENCE_SECONDS} s: they are in force after its next start only.`;
  return { phase, actions, waitingFor, warnings: [warning] };
}

function growGreen({ sides }: Look): Decision | undefined {
  const actions = sides.flatMap(({ role, target, replicas }): Action[] =>
    target && target.replicas < replicas
      ? [{ do: "scaleSet", role, set: target.name, replicas }]
      : [],
  );
  if (actions.length === 0) return undefined;
  return { phase: "CreateGreen", actions, waitingFor: "" };
}

/** Never promote to, nor drain onto, fewer nodes than wanted: all Ready, all agreed on by all. */
function waitForGreen(seen: Look): Decision | undefined {
  const { joined, held, draining, staying, sides, desired, entry, wayBack } = seen;
  if (joined && (draining || (held.joined ?? 0) >= seen.settle)) return undefined;
  const ready = staying.filter((node) => node.ready).length;
  const all = sides.reduce((sum, side) => sum + side.replicas, 0);
  const what = joined
    ? "all nodes joined; waiting for the membership to settle"
    : `${ready}/${all} green nodes ready${ready === all ? ", joining" : ""}`;
  if (draining) {
    return awaitClients(seen) ?? { ...planDrain(seen, { hold: true }), waitingFor: what };
  }
  const limit = desired.strategy.progressDeadlineSeconds;
  const expired = seen.secondsIn("WaitGreen") > limit && lasts(held.apart, limit);
  const hopeless = (held.hopeless ?? 0) >= HOPELESS_PATIENCE;
  if (!expired && !hopeless) {
    const trouble = sides.map(({ target }) => target?.trouble).find(Boolean);
    return wait("WaitGreen", trouble ? `${what}; ${trouble}` : what);
  }
  const why = hopeless
    ? "green cannot start"
    : `green was not ready within progressDeadlineSeconds = ${limit}`;
  const message = `${why}: ${what}.\n${seen.diagnosis}`;
  const code = "EMQX_PROGRESS_DEADLINE";
  if (desired.strategy.onFailure === "abort" && wayBack && !entry?.aborting) {
    return { phase: "Aborting", actions: [], waitingFor: "", abort: { code, message } };
  }
  return halt(code, message);
}

/** A deadline that passed long ago, at the gate or between two runs, is not missed by a blip. */
function lasts(milliseconds = 0, limit: number): boolean {
  return milliseconds >= Math.min(BLIP, limit * 1000);
}

/** With a manual gate the switch waits for a person; a first deployment and a way back do not. */
function gate({ observation, desired, entry, leaving, selected }: Look): Decision | undefined {
  if (desired.strategy.gate !== "manual" || selected || entry?.aborting) return undefined;
  if (leaving.length === 0 || observation.control === "promote") return undefined;
  return wait("Gate", "annotation emqx.io/rollout-control: promote");
}

/** One write moves all new clients; it is written again whenever somebody takes it away. */
function promote({ selected, serving, core }: Look): Decision | undefined {
  if (selected) return undefined;
  const { role, revision } = serving;
  const action: Action = { do: "select", role, revision, core: core.revision };
  return { phase: "Promote", actions: [action], waitingFor: "" };
}

/** The switch is proven by the EndpointSlices, then by time, then by blue itself: nobody comes any more. */
function proveTheSwitch(seen: Look): Decision | undefined {
  const { switched, held, desired, leaving, draining, blue } = seen;
  if (!switched && blue.length > 0 && draining) {
    return { ...planDrain(seen, { hold: true }), waitingFor: "the Service to list green only" };
  }
  if (!switched && (blue.length > 0 || leaving.length === 0)) {
    const limit = desired.strategy.progressDeadlineSeconds;
    if (seen.secondsIn("Promote") <= limit || !lasts(held.unswitched, limit)) {
      return wait("Promote", "the Service to list exactly the green nodes");
    }
    const message = `the EndpointSlices did not list exactly the green nodes within ${limit} s.\n${seen.diagnosis}`;
    return halt("EMQX_PROGRESS_DEADLINE", message);
  }
  if (draining || blue.length === 0) return undefined;
  const delay = desired.strategy.initialDelaySeconds * 1000;
  const since = held.switched ?? 0;
  if (since < delay) {
    return wait("Promote", `initialDelaySeconds, ${Math.ceil((delay - since) / 1000)} s left`);
  }
  if ((held.quiet ?? 0) >= QUIET || since >= delay + QUIET_PATIENCE) return undefined;
  return wait("Promote", "new clients to stop arriving at blue");
}

/** Evacuate what has somebody on it, remove what has nobody left. */
function drain(seen: Look): Decision | undefined {
  if (seen.leaving.length === 0 && seen.outgoing.length === 0) return undefined;
  const limit = seen.desired.strategy.drainDeadlineSeconds;
  const plan = planDrain(seen, { hold: false });
  if (limit === undefined || seen.secondsIn("Evacuate") <= limit || seen.allDrained) return plan;
  const message =
    `the drain did not end within drainDeadlineSeconds = ${limit}: ` +
    `${plan.progress?.connectionsLeft} connections and ${plan.progress?.sessionsLeft} sessions are left. ` +
    `Both colours keep running.\n${seen.diagnosis}`;
  return { ...plan, ...halt("EMQX_DRAIN_DEADLINE", message) };
}

/** Success needs every node's list to be clean, and a node that still counts as running must be waited for. */
function forgetStoppedNodes(seen: Look): Decision | undefined {
  const actions = forget(seen);
  if (actions.length > 0) {
    return { phase: "Retire", actions, waitingFor: "retired nodes to leave EMQX's cluster" };
  }
  if (seen.disposable.length > 0) return wait("Retire", "pods that never served to end");
  if (seen.lingering.length === 0) return undefined;
  return wait("Retire", `EMQX to notice that ${seen.lingering.join(", ")} is gone`);
}

/** A set that somebody deleted leaves its ConfigMap, as does a run that was killed between the two. */
function removeWhatSetsLeft({ observation, goal }: Look): Decision | undefined {
  const actions = (observation.ownerless ?? [])
    .filter(({ role, revision }) => !isIn(goal, role, revision))
    .map((left): Action => ({ do: "deleteSet", ...left }));
  if (actions.length === 0) return undefined;
  return { phase: "Retire", actions, waitingFor: "ConfigMaps of sets that are gone" };
}

/** Exactly the wanted nodes serve and nothing is left over: success, or the end of a way back. */
function finish({ entry, wanted }: Look): Decision {
  if (!entry?.aborting) return { phase: "Done", actions: [], waitingFor: "", done: true };
  const reason = entry.message ?? "the rollout was aborted";
  return {
    phase: "Failed",
    actions: [],
    waitingFor: "",
    failed: {
      code: entry.failureCode ?? "EMQX_ROLLOUT_ABORTED",
      message: `${reason}\nRevision ${entry.from} serves again, revision ${wanted} was removed.`,
    },
  };
}
