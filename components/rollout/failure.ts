/** How failures are told to Pulumi, so that the state is kept and the next `pulumi up` goes on. */
import { asEmqxError, isEmqxError } from "../errors";
import { harmlessCause } from "../harmless-cause";
import type { Outputs } from "./outputs";

/** Pulumi packs an error with an `id` into `ErrorResourceInitFailed`, and of that shows `reasons` only. */
export interface InitFailure extends Error {
  id: string;
  properties: object;
  reasons: string[];
}

/** The resource exists but the work on it is not finished. */
export function initFailure(
  cause: unknown,
  id: string,
  outputs: Outputs,
  provider: unknown,
): InitFailure {
  const text = reasonOf(cause);
  return Object.assign(withCode(text, cause), {
    id,
    // Without `__provider` a later refresh or destroy would fail.
    properties: { ...outputs, __provider: provider },
    reasons: [text, "The state is kept: correct the cause and run `pulumi up` again."],
  });
}

/** Nothing has happened; Pulumi shows the message. */
export function plainError(cause: unknown): Error {
  return withCode(reasonOf(cause), cause);
}

/** Without what a foreign error carries along: Pulumi may print all of it. */
function withCode(text: string, cause: unknown): Error {
  const code = isEmqxError(cause) ? cause.code : "EMQX_INTERNAL";
  return asEmqxError(new Error(text, { cause: harmlessCause(cause) }), code);
}

/** `CODE: message` for our own errors; anything else is a defect of ours and keeps its stack. */
function reasonOf(error: unknown): string {
  if (isEmqxError(error)) return `${error.code}: ${error.message}`;
  const cause = harmlessCause(error);
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return `EMQX_INTERNAL: ${text}`;
}
