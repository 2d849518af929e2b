import { Random } from "./random";
import {
  API_TROUBLES,
  EMQX_TROUBLES,
  endOf,
  type Goal,
  type Moment,
  type Step,
  type Strike,
} from "./step";

const IMAGES = ["6.0.0", "6.0.1", "6.0.2", "6.1.0"].map((version) => `emqx/emqx:${version}`);

/** Where every walk begins. */
export const START: Goal = {
  image: "emqx/emqx:6.0.0",
  cores: 3,
  replicants: 0,
  packetMegabytes: 1,
  licensed: 100_000,
};

/** The steps of a seed, one after the other, for ever; nothing but the seed decides. */
export function* walk(seed: number): Generator<Step, never> {
  const random = new Random(seed);
  let from = START;
  for (let number = 1; ; number += 1) {
    const step = next(random, number, from);
    from = endOf(step);
    yield step;
  }
}

function next(random: Random, number: number, from: Goal): Step {
  const change = random.weighted({
    image: 10,
    scale: 4,
    imageAndScale: 2,
    config: 2,
    imageAndConfig: 1,
    licence: 2,
  });
  const goal = { ...from };
  if (change.startsWith("image")) goal.image = otherThan(random, IMAGES, from.image);
  if (change === "scale" || change === "imageAndScale") scale(random, goal);
  if (change === "config" || change === "imageAndConfig") {
    goal.packetMegabytes = otherThan(random, [1, 2, 3, 4], from.packetMegabytes);
  }
  if (change === "licence") goal.licensed = from.licensed + random.between(1, 1000);
  const step: Step = { number, from, goal };
  const renews = goal.image !== from.image;
  const strike = renews ? strikeAtUpgrade(random) : strikeAtChange(random);
  if (!strike) return step;
  const then = strike.kind === "kill" && renews ? changeOfMind(random, step) : undefined;
  return { ...step, strike, ...(then && { then }) };
}

function scale(random: Random, goal: Goal): void {
  const { cores, replicants } = goal;
  const choices = [2, 3, 4].flatMap((c) => [0, 2, 3].map((r) => ({ cores: c, replicants: r })));
  const others = choices.filter((each) => each.cores !== cores || each.replicants !== replicants);
  Object.assign(goal, random.one(others));
}

function strikeAtUpgrade(random: Random): Strike | undefined {
  const kind = random.weighted({
    none: 3,
    kill: 9,
    pause: 2,
    abort: 3,
    deleteGreen: 3,
    stealSelector: 2,
    api: 3,
    emqx: 3,
  });
  switch (kind) {
    case "none":
      return undefined;
    case "kill":
      return { kind, who: random.one(["provider", "cli", "both"]), at: anyMoment(random) };
    case "pause":
      return { kind, at: during(random, ["WaitGreen", "Evacuate"]), seconds: 15 };
    case "abort":
      return { kind, at: during(random, ["WaitGreen", "Promote", "Evacuate"]) };
    case "deleteGreen":
      return { kind, at: during(random, ["WaitGreen", "Evacuate"]), pick: random.between(0, 6) };
    case "stealSelector":
      return {
        kind,
        at: during(random, ["Promote", "Evacuate"]),
        to: random.one(["blue", "everybody"]),
      };
    case "api":
      return {
        kind,
        at: during(random, ["CreateGreen", "WaitGreen", "Promote", "Evacuate"]),
        trouble: random.one(API_TROUBLES),
        seconds: random.between(2, 10),
      };
    case "emqx": {
      const at = during(random, ["WaitGreen", "Promote", "Evacuate"]);
      const trouble = random.one(EMQX_TROUBLES);
      const seconds = random.between(2, 15);
      const one = random.between(0, 2) > 0;
      return { kind, at, trouble, seconds, ...(one && { pick: random.between(0, 6) }) };
    }
  }
}

/** What leaves the set in place goes through no phases to speak of: a kill strikes by the clock. */
function strikeAtChange(random: Random): Strike | undefined {
  if (random.weighted({ none: 3, kill: 2 }) === "none") return undefined;
  const at = { milliseconds: random.between(0, 12_000) };
  return { kind: "kill", who: random.one(["provider", "cli", "both"]), at };
}

function changeOfMind(random: Random, { from, goal }: Step): Goal | undefined {
  switch (random.weighted({ same: 3, back: 2, third: 2 })) {
    case "same":
      return undefined;
    case "back":
      return from;
    case "third": {
      const images = IMAGES.filter((image) => image !== from.image);
      return { ...goal, image: otherThan(random, images, goal.image) };
    }
  }
}

function anyMoment(random: Random): Moment {
  const phases = ["CreateGreen", "WaitGreen", "Promote", "Evacuate", "Retire"] as const;
  return during(random, phases);
}

function during(random: Random, phases: readonly NonNullable<Moment["phase"]>[]): Moment {
  const phase = random.one(phases);
  // Evacuating takes longer than the other phases.
  return { phase, milliseconds: random.between(0, phase === "Evacuate" ? 6000 : 1500) };
}

function otherThan<T>(random: Random, choices: readonly T[], current: T): T {
  return random.one(choices.filter((choice) => choice !== current));
}
