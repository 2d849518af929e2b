/**
 * A foreign error as far as it may travel with ours. Libraries hang requests, headers, parsed files
 * and sockets on their errors, and whoever prints an error prints them all.
 */
import { redact } from "./rollout/redact";

/** Characters of a stack that are kept; a redaction of more could take long. */
const MAX_STACK = 10_000;

export function harmlessCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return typeof cause === "string" ? clean(cause) : undefined;
  const { code } = cause as NodeJS.ErrnoException;
  const copy = new Error(clean(cause.message)) as NodeJS.ErrnoException;
  copy.name = cause.name;
  copy.stack = cause.stack === undefined ? undefined : clean(cause.stack);
  if (typeof code === "string" && /^[A-Z\d_]{1,60}$/.test(code)) copy.code = code;
  return copy;
}

const clean = (text: string): string => redact(text.slice(0, MAX_STACK));
