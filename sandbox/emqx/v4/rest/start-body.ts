type Body = Record<string, unknown>;

/** The fields that 4.4 takes, and what is wrong with a value; `wait_health_check` came only late in 4.4. */
const FIELDS: Record<string, (value: unknown) => string | undefined> = {
  conn_evict_rate: (value) => atLeastOf(value, 1),
  sess_evict_rate: (value) => atLeastOf(value, 1),
  wait_takeover: (value) => atLeastOf(value, 0),
  migrate_to: nodeNames,
  redirect_to: (value) => (typeof value === "string" ? undefined : "expected a string"),
};

/** What is wrong with the body of `evacuation/start`; undefined when 4.4 takes it. */
export function startBodyProblem(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return "expected a JSON object";
  }
  for (const [field, value] of Object.entries(body as Body)) {
    const check = FIELDS[field];
    if (!check) return `unknown field ${field}`;
    const problem = check(value);
    if (problem !== undefined) return `${field}: ${problem}, got ${JSON.stringify(value)}`;
  }
  return undefined;
}

/** 4.4 takes numbers only: `"10s"` and `"10"` are refused. */
function atLeastOf(value: unknown, least: number): string | undefined {
  const fine = typeof value === "number" && Number.isInteger(value) && value >= least;
  return fine ? undefined : `expected an integer of at least ${least}`;
}

function nodeNames(value: unknown): string | undefined {
  const fine =
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string");
  return fine ? undefined : "expected a non-empty list of node names";
}
