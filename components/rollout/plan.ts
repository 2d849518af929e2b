/** What a person reads before an upgrade: what each change causes, and what will be done. Pure wording. */
import { releaseOf } from "../release";
import type { Change } from "./changes";
import { CAUSES, touchesPods } from "./effects";
import { agedNodes, estimateParts, leavingNodes, total, type Parts } from "./estimate-parts";
import { goalOf } from "./goal";
import { cuts, ROLLING_CUTS, rollingSteps, stepsOf } from "./plan-steps";
import { sidesOf } from "./sides";
import type { ConfigDrift, Desired, Observation, RolloutRecord } from "./types";

export interface Situation {
  /** Logical name of the cluster. */
  cluster: string;
  /** EMQX 4.4, whose sets are named otherwise. */
  v4?: boolean;
  changes: Change[];
  desired: Desired;
  /** Phase of the outputs; anything but `Done` means that the last rollout is unfinished. */
  phase: string;
  /** What the last look found to be set by hand. */
  drift?: ConfigDrift[];
  /** What runs now, or why that is not known. */
  live: Live | { unknown: string };
}

interface Live {
  observation: Observation;
  record: RolloutRecord;
  /** Who is at work on the cluster, and since when. */
  runner?: string;
}

export interface Plan {
  lines: string[];
  estimateSeconds?: number;
}

export function planOf(situation: Situation): Plan {
  const { desired, drift = [] } = situation;
  const lines = [...situation.changes.map(changeLine), ...drift.map(driftLine)];
  const unfinished = unfinishedLine(situation);
  if (unfinished) lines.push(unfinished);
  if ("unknown" in situation.live) {
    return { lines: [...lines, ...blindLines(situation, situation.live.unknown)] };
  }
  const { observation, record } = situation.live;
  const aged = agedNodes(observation, desired);
  const missing = sidesOf(goalOf(desired), desired, observation).some(
    (side) => (side.target?.replicas ?? 0) < side.replicas,
  );
  if (!missing && aged.length === 0 && leavingNodes(observation, desired).length === 0) {
    return { lines };
  }
  const parts = estimateParts(observation, desired, record);
  const steps = aged.length > 0 ? rollingSteps(situation, aged) : stepsOf(situation, observation);
  return { lines: [...lines, ...steps, estimateLine(parts)], estimateSeconds: total(parts) };
}

function changeLine({ path, effect, from, to, why }: Change): string {
  const values = from === undefined ? "" : `: ${from} -> ${to}`;
  return `${path}${values} (${CAUSES[effect]}${why ? `; ${why}` : ""})`;
}

export const driftLine = ({ key, declared, found }: ConfigDrift): string =>
  `config ${key}: EMQX has ${found}, declared is ${declared}: this \`pulumi up\` sets it back`;

/** A run that was killed could not tell Pulumi; then the record in the cluster knows better. */
function phaseOf({ phase, live }: Situation): string {
  const recorded = "record" in live ? live.record.current?.phase : undefined;
  return phase === "Done" && recorded && recorded !== "Failed" ? recorded : phase;
}

function unfinishedLine(situation: Situation): string | undefined {
  const phase = phaseOf(situation);
  const { live } = situation;
  if ("runner" in live && live.runner) {
    return `a rollout is under way, run by ${live.runner}: this one will refuse to run beside it`;
  }
  switch (phase) {
    case "Done":
      return undefined;
    case "Drifted":
      // The lines about the settings say it already, and may be all there is.
      return situation.drift?.length
        ? undefined
        : "the cluster is not as the last rollout left it: it is put right";
    case "Failed":
      return "the last rollout failed: this is another attempt";
    default: {
      const other = otherGoal(situation);
      return other
        ? `the last rollout stopped in phase ${phase} on its way to ${other}: this one goes elsewhere`
        : `the last rollout stopped in phase ${phase}: it goes on from there`;
    }
  }
}

/** Where the last rollout was going, if that is no longer wanted. */
function otherGoal({ live, desired }: Situation): string | undefined {
  const to = "record" in live ? live.record.current?.to : undefined;
  return to === goalOf(desired) ? undefined : to;
}

/** Without a look at the cluster: the worst that may come, and what is known from the image's name. */
function blindLines(situation: Situation, unknown: string): string[] {
  const { changes, phase, desired } = situation;
  const effects = changes.map(({ effect }) => effect);
  const renews = effects.some((effect) => touchesPods(effect) && effect !== "scale");
  const unfinished = phase !== "Done";
  if (!renews && !unfinished && !effects.includes("scale")) return [];
  const way = desired.rolling ? "rolling" : "blue-green";
  const lines = [`plan: ${renews || unfinished ? way : "scale in place"}; no estimate: ${unknown}`];
  if (desired.rolling) lines.push(`  ${ROLLING_CUTS}`);
  else if (!releaseOf(desired.image).evacuation) {
    lines.push(`  ${cuts(desired.image, desired.strategy.waitTakeover)}`);
  }
  return lines;
}

function estimateLine(parts: Parts): string {
  const start = parts.measured ? "as last time" : "never measured here";
  const items = [
    parts.start > 0 ? `new pods ${parts.start} s (${start})` : "",
    parts.drain > 0 ? `switch and evacuation ${parts.drain} s` : "",
    parts.removal > 0 ? `removal ${parts.removal} s` : "",
  ].filter((item) => item);
  return `  estimate ${total(parts)} s: ${items.join(", ")}`;
}
