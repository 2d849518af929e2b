import type { FleetFigures, Sample } from "./figures";
import type { FleetOptions } from "./options";

/** What the parent asks of the fleet's process. */
export type Order =
  | { id: number; do: "rampUp"; options: FleetOptions }
  | { id: number; do: "settle" }
  | { id: number; do: "figures" }
  | { id: number; do: "close" };

/** What the fleet's process says. */
export type Report =
  | { kind: "answer"; id: number; figures?: FleetFigures; error?: string }
  | { kind: "sample"; sample: Sample; pods: string[] };
