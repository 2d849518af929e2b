/** Judging answers, the same in every dialect. */
import { EmqxError } from "../errors";
import type { Answer } from "./http";

/** Milliseconds for a call that a healthy node answers at once. */
export const CALL_TIMEOUT = 3_000;
/** A node that moves a batch of sessions answers some calls only after the batch: 14 s were seen. */
export const BUSY_TIMEOUT = 15_000;

/** For a path: EMQX takes the `@` of a node's name as it is. */
export const nodePath = (node: string): string => encodeURIComponent(node).replace("%40", "@");

/** A body that is not what EMQX sends counts as no answer. */
export function read<T>(
  pod: string,
  path: string,
  answer: Answer,
  parse: (body: unknown) => T | undefined,
): T {
  const value = answer.status === 200 ? parse(answer.body) : undefined;
  if (value !== undefined) return value;
  throw new EmqxError(
    answer.status >= 400 && answer.status < 500 ? "EMQX_API_ERROR" : "EMQX_API_UNREACHABLE",
    `Expected an answer of EMQX in pod ${pod} to GET ${path}, got ${answer.status} ${JSON.stringify(answer.text.slice(0, 120))}`,
  );
}

/** Refusals that need a person, with what the person can do. */
const REMEDIES: [refusal: string, remedy: string][] = [
  [
    "eviction_agent_busy",
    "A rebalance or purge that somebody else started holds this node: wait for its end or stop it in the dashboard.",
  ],
  ["Nodes unavailable", "A node that is to take the sessions does not run or is leaving itself."],
];

/** 500 and 503 are EMQX's own RPC timeouts: the call may have taken effect (emqx-api.md, trap 15). */
export function refused(pod: string, what: string, answer: Answer): EmqxError {
  const remedy = REMEDIES.find(([refusal]) => answer.text.includes(refusal))?.[1];
  return new EmqxError(
    answer.status >= 500 ? "EMQX_API_UNREACHABLE" : "EMQX_API_ERROR",
    `EMQX in pod ${pod} answered ${what} with ${answer.status} ${answer.text}${remedy ? ` (${remedy.replace(/\.$/, "")})` : ""}`,
  );
}
