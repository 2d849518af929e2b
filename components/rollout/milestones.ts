import type { Phase, RolloutEntry } from "./types";

/** The lasting line of a finished phase; undefined when it is not worth one. */
export function milestone(phase: Phase, seconds: number, entry: RolloutEntry): string | undefined {
  const took = `(${seconds.toFixed(1)} s)`;
  const green = entry.aborting ? entry.from : entry.to;
  switch (phase) {
    case "Preflight":
      return `Checked permissions, licence and evacuation API ${took}`;
    case "CreateGreen":
      return `Created revision ${entry.to} with ${entry.toImage} ${took}`;
    case "WaitGreen":
      return `All nodes of revision ${green} are Ready and clustered ${took}`;
    case "Gate":
      return `The switch was ordered ${took}`;
    case "Promote":
      return `The Service sends clients to revision ${green} only ${took}`;
    case "Evacuate":
      return `Evacuated ${loads(entry)}${peak(entry)} ${took}`;
    case "Retire":
      return `Removed the nodes that had left ${took}`;
    case "Aborting":
      return `Turned back to revision ${entry.from} ${took}`;
    default:
      return undefined;
  }
}

/** The last line of a rollout that succeeded. */
export function summary(name: string, entry: RolloutEntry): string {
  const total =
    (Date.parse(entry.finishedAt ?? entry.startedAt) - Date.parse(entry.startedAt)) / 1000;
  const parts = bySumOfSeconds(entry).map(([phase, seconds]) => `${phase} ${seconds.toFixed(1)} s`);
  const detail = parts.length > 0 ? ` (${parts.join(", ")})` : "";
  return `${what(name, entry)} in ${total.toFixed(1)} s${detail}${entry.nodes.length > 0 ? `: ${loads(entry)}${peak(entry)}` : ""}`;
}

function what(name: string, entry: RolloutEntry): string {
  switch (entry.kind) {
    case "create":
      return `${name} runs ${entry.toImage}`;
    case "scale":
      return `${name} was scaled`;
    case "settings":
      return `${name} has its new settings, without a new pod`;
    case "rolling":
      return `${name} was renewed in place to ${entry.toImage}`;
    case "none":
      return `${name} is as wanted`;
    case "blue-green":
      return entry.fromImage === entry.toImage
        ? `${name} moved from revision ${entry.from} to ${entry.to}`
        : `${name} moved from ${entry.fromImage ?? "an unknown image"} to ${entry.toImage}`;
  }
}

function bySumOfSeconds(entry: RolloutEntry): [Phase, number][] {
  const sums = new Map<Phase, number>();
  for (const { name, seconds } of entry.phases) {
    sums.set(name, (sums.get(name) ?? 0) + (seconds ?? 0));
  }
  return [...sums];
}

function loads(entry: RolloutEntry): string {
  const sum = (key: "connections" | "sessions") =>
    entry.nodes.reduce((all, figures) => all + figures[key], 0);
  const nodes = entry.nodes.length;
  return (
    `${nodes} node${nodes === 1 ? "" : "s"} with ${sum("connections")} connections ` +
    `and ${sum("sessions")} offline sessions${stragglers(entry)}`
  );
}

/** EMQX itself may cut such a client once more, or lose a message that is on its way to it (emqx-observed.md). */
function stragglers({ nodes }: RolloutEntry): string {
  const away = nodes.reduce((all, figures) => all + (figures.away ?? 0), 0);
  return away > 0 ? ` (${away} clients were still away after waitTakeover)` : "";
}

const peak = (entry: RolloutEntry): string =>
  entry.peakRate ? `, at most ${entry.peakRate}/s` : "";
