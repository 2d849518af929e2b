/** What a person reads before an upgrade: what each change causes, and what will be done. Pure wording. */
import { names } from "../labels";
import type { Change, Effect } from "./changes";
import { live, offline } from "./drain";
import { estimateParts, leavingNodes, total, type Parts } from "./estimate-parts";
import type { Desired, Observation, RolloutRecord } from "./types";

export interface Situation {
  /** Logical name of the cluster. */
  cluster: string;
  changes: Change[];
  desired: Desired;
  /** Phase of the outputs; anything but `Done` means that the last rollout is unfinished. */
  phase: string;
  /** What runs now, or why that is not known. */
  live: { observation: Observation; record: RolloutRecord } | { unknown: string };
}

export interface Plan {
  lines: string[];
  estimateSeconds?: number;
}

const CAUSES: Record<Effect, string> = {
  "blue-green": "blue-green: every pod is exchanged",
  scale: "scale in place",
  settings: "settings only: no pod is touched",
  nothing: "without effect",
};

export function planOf(situation: Situation): Plan {
  const lines = situation.changes.map(changeLine);
  const unfinished = unfinishedLine(phaseOf(situation));
  if (unfinished) lines.push(unfinished);
  if ("unknown" in situation.live) {
    const steps = worst(situation);
    return steps === "settings"
      ? { lines }
      : { lines: [...lines, `plan: ${steps}; no estimate: ${situation.live.unknown}`] };
  }
  const { observation, record } = situation.live;
  const { desired } = situation;
  const exists = observation.sets.find((set) => set.revision === desired.revision);
  const leaving = leavingNodes(observation, desired);
  const missing = Math.max(0, desired.replicas - (exists?.replicas ?? 0));
  if (missing === 0 && leaving.length === 0) return { lines };
  const parts = estimateParts(observation, desired, record);
  return {
    lines: [...lines, ...steps(situation, observation, missing), estimateLine(parts)],
    estimateSeconds: total(parts),
  };
}

function changeLine({ path, effect, from, to }: Change): string {
  const values = from === undefined ? "" : `: ${from} -> ${to}`;
  return `${path}${values} (${CAUSES[effect]})`;
}

/** A run that was killed could not tell Pulumi; then the record in the cluster knows better. */
function phaseOf({ phase, live }: Situation): string {
  const recorded = "record" in live ? live.record.current?.phase : undefined;
  return phase === "Done" && recorded && recorded !== "Failed" ? recorded : phase;
}

function unfinishedLine(phase: string): string | undefined {
  switch (phase) {
    case "Done":
      return undefined;
    case "Drifted":
      return "the cluster is not as the last rollout left it: it is put right";
    case "Failed":
      return "the last rollout failed: this is another attempt";
    default:
      return `the last rollout stopped in phase ${phase}: it goes on from there`;
  }
}

function worst({ changes, phase }: Situation): string {
  const effects = changes.map(({ effect }) => effect);
  if (effects.includes("blue-green") || phase !== "Done") return "blue-green";
  return effects.includes("scale") ? "scale in place" : "settings";
}

/** Which sets, how many pods, how many clients at which pace. */
function steps(situation: Situation, observation: Observation, missing: number): string[] {
  const { cluster, desired } = situation;
  const { strategy } = desired;
  const leaving = leavingNodes(observation, desired);
  const old = observation.sets.filter((set) => set.revision !== desired.revision && set.pods > 0);
  const set = names.coreSet(cluster, desired.revision);
  const from = old.map(({ revision }) => names.coreSet(cluster, revision)).join(", ");
  const lines = [
    from
      ? `plan: blue-green from ${from} to ${set}`
      : `plan: ${leaving.length > 0 ? "scale in" : "scale out"} ${set} to ${count(desired.replicas, "pod")}`,
    `  creates ${count(missing, "pod")}, deletes ${count(leaving.length, "pod")}, ${desired.replicas} serve at every moment`,
  ];
  const clients = leaving.reduce((sum, node) => sum + live(node), 0);
  const sessions = leaving.reduce((sum, node) => sum + offline(node), 0);
  if (leaving.length > 0) {
    lines.push(
      `  moves ${count(clients, "client")} at ${strategy.connEvictRate}/s and ` +
        `${count(sessions, "offline session")} at ${strategy.sessEvictRate}/s`,
    );
  }
  const silent = leaving.filter((node) => !node.reachable).length;
  if (silent > 0) lines.push(`  not counted: ${count(silent, "node")} that did not answer`);
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

const count = (number: number, what: string) =>
  `${number.toLocaleString("en-US")} ${what}${number === 1 ? "" : "s"}`;
