import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../support/runner";

export interface SoakOptions {
  seed: number;
  minutes: number;
  steps: number;
  clients: number;
  keep: boolean;
  /** Where the history goes. */
  out: string;
  /** A history whose steps are walked again instead of the seed's. */
  replay?: string;
  /** Identifier of a mutation of test/mutate: the soak succeeds when it is caught. */
  mutation?: string;
}

/** `--name value` of the command line; throws with a sentence when one is no number. */
export function soakOptions(args: string[], now: number = Date.now()): SoakOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      seed: text,
      minutes: text,
      steps: text,
      clients: text,
      out: text,
      replay: text,
      mutation: text,
      keep: { type: "boolean" },
    },
  });
  const number = (name: "seed" | "minutes" | "steps" | "clients", otherwise: number): number => {
    const given = values[name];
    const value = given === undefined ? otherwise : Number(given);
    if (Number.isFinite(value) && value >= (name === "seed" ? 0 : 1)) return value;
    throw new Error(`Expected --${name} to be a positive number, got ${given}.`);
  };
  const seed = number("seed", now % 100_000);
  return {
    seed,
    minutes: number("minutes", values.steps === undefined ? 10 : 24 * 60),
    steps: number("steps", 1e6),
    clients: number("clients", 60),
    keep: values.keep ?? false,
    out: values.out ?? join(root, "build", "soak", `${seed}.jsonl`),
    replay: values.replay,
    mutation: values.mutation,
  };
}
