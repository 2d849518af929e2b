/** What one step of the walk does, as plain JSON: the history can be walked again. */

/** What the user wants of the cluster. */
export interface Goal {
  image: string;
  cores: number;
  replicants: number;
  /** `mqtt.max_packet_size`, a hot setting. */
  packetMegabytes: number;
  /** Sessions that the licence allows. */
  licensed: number;
}

/** When a fault strikes: some time after the rollout has come to a phase, or after the command began. */
export interface Moment {
  phase?: "CreateGreen" | "WaitGreen" | "Promote" | "Evacuate" | "Retire";
  milliseconds: number;
}

export type Strike =
  /** SIGKILL; the next `pulumi up` wants the same or, by `Step.then`, something else. */
  | { kind: "kill"; who: "provider" | "cli" | "both"; at: Moment }
  | { kind: "pause"; at: Moment; seconds: number }
  /** The stack goes back to where the step began. */
  | { kind: "abort"; at: Moment }
  /** `pick` chooses among the pods of green. */
  | { kind: "deleteGreen"; at: Moment; pick: number }
  /** The listeners Service's selector is led back to blue, or loses its revision. */
  | { kind: "stealSelector"; at: Moment; to: "blue" | "everybody" }
  /** The rollout's requests to the API server go wrong. */
  | { kind: "api"; at: Moment; trouble: ApiTrouble; seconds: number }
  /** EMQX answers wrongly: every node, or the one that `pick` chooses. */
  | { kind: "emqx"; at: Moment; trouble: EmqxTrouble; seconds: number; pick?: number };

export const API_TROUBLES = [
  "429",
  "500",
  "503",
  "cut connections",
  "cut answers",
  "slow answers",
] as const;
export type ApiTrouble = (typeof API_TROUBLES)[number];

export const EMQX_TROUBLES = ["500", "503", "garbage", "silence", "slow answers"] as const;
export type EmqxTrouble = (typeof EMQX_TROUBLES)[number];

export interface Step {
  number: number;
  from: Goal;
  /** Equal to `from` in a step that changes nothing. */
  goal: Goal;
  strike?: Strike;
  /** What is wanted after the kill, where that is something else. */
  then?: Goal;
}

/** What the cluster is to be like when the step is over. */
export function endOf({ from, goal, strike, then }: Step): Goal {
  return strike?.kind === "abort" ? from : (then ?? goal);
}

/** How many nodes take clients. */
export const serving = ({ cores, replicants }: Goal): number => replicants || cores;

/** How often a client may be moved: once a rollout, a change of mind is one more. */
export function rolloutsOf({ strike, then }: Step): number {
  return then || strike?.kind === "abort" ? 2 : 1;
}

/** One line for people. */
export function describe({ from, goal, strike, then }: Step): string {
  const parts = [difference(from, goal) || "nothing new"];
  if (strike) parts.push(describeStrike(strike));
  if (then) parts.push(`then ${difference(goal, then) || "the same"}`);
  return parts.join("; ");
}

function difference(before: Goal, after: Goal): string {
  const short = (image: string): string => image.slice(image.indexOf(":") + 1);
  const parts: string[] = [];
  const change = (what: string, a: string | number, b: string | number): void => {
    if (a !== b) parts.push(`${what} ${a} -> ${b}`);
  };
  change("image", short(before.image), short(after.image));
  change("cores", before.cores, after.cores);
  change("replicants", before.replicants, after.replicants);
  change("max_packet_size", `${before.packetMegabytes}MB`, `${after.packetMegabytes}MB`);
  change("licence", before.licensed, after.licensed);
  return parts.join(", ");
}

function describeStrike(strike: Strike): string {
  const { phase = "the start", milliseconds } = strike.at;
  const when = `${milliseconds} ms after ${phase}`;
  switch (strike.kind) {
    case "kill":
      return `kill ${strike.who === "both" ? "everything" : `the ${strike.who}`} ${when}`;
    case "pause":
      return `pause for ${strike.seconds} s ${when}`;
    case "abort":
      return `abort ${when}`;
    case "deleteGreen":
      return `delete a green pod ${when}`;
    case "stealSelector":
      return `selector to ${strike.to} ${when}`;
    case "api":
      return `API server: ${strike.trouble} for ${strike.seconds} s ${when}`;
    case "emqx": {
      const whom = strike.pick === undefined ? "every node" : "one node";
      return `EMQX: ${strike.trouble} of ${whom} for ${strike.seconds} s ${when}`;
    }
  }
}
