/**
 * Effects of the real EMQX that the simulator shows only on request: `SANDBOX_EMQX_FAULTS` when it
 * boots, `PUT /sandbox/faults` while it runs.
 */
export const FAULTS = [
  "lossy-takeover",
  "second-cut",
  "missing-from-global-status",
  "start-500-though-started",
  "start-lost",
  "stop-lost",
  "busy-agent",
  "durable-sessions",
  "refuse-join",
] as const;

export type Fault = (typeof FAULTS)[number];

/** Parses the comma list of `SANDBOX_EMQX_FAULTS`. */
export function faultsFromEnv(list: string | undefined): ReadonlySet<Fault> {
  const names = (list ?? "").split(",").map((part) => part.trim());
  return faultsOf(
    names.filter((name) => name !== ""),
    "SANDBOX_EMQX_FAULTS",
  );
}

/** Throws when a name is none. */
export function faultsOf(names: readonly string[], where = "faults"): ReadonlySet<Fault> {
  const known = new Map<string, Fault>(FAULTS.map((fault) => [fault, fault]));
  return new Set(
    names.map((name) => {
      const fault = known.get(name);
      if (!fault) throw new Error(`${where}: expected ${FAULTS.join(", ")}, got "${name}".`);
      return fault;
    }),
  );
}
