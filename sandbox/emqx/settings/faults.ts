/** Effects of the real EMQX that the simulator shows only on request (`SANDBOX_EMQX_FAULTS`). */
export const FAULTS = [
  "lossy-takeover",
  "second-cut",
  "missing-from-global-status",
  "start-500-though-started",
  "durable-sessions",
  "refuse-join",
] as const;

export type Fault = (typeof FAULTS)[number];

/** Parses the comma list of `SANDBOX_EMQX_FAULTS`. */
export function faultsFromEnv(list: string | undefined): ReadonlySet<Fault> {
  const known = new Map<string, Fault>(FAULTS.map((fault) => [fault, fault]));
  const result = new Set<Fault>();
  for (const name of (list ?? "").split(",").map((part) => part.trim())) {
    if (name === "") continue;
    const fault = known.get(name);
    if (!fault) {
      throw new Error(`SANDBOX_EMQX_FAULTS: expected ${FAULTS.join(", ")}, got "${name}".`);
    }
    result.add(fault);
  }
  return result;
}
