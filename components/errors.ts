/**
 * Every failure that a user can see, with a stable code. Each code has a row in docs/errors.md.
 * `isEmqxError` works across copies of this package (host, shim, node_modules), as undici's does.
 */

import { harmlessCause } from "./harmless-cause";

const brand = Symbol.for("pulumi-emqx.error");

/** Every code; a test provokes each one and looks for its row. */
export const ERROR_CODES = [
  "EMQX_INVALID_ARGUMENT",
  "EMQX_KUBERNETES_UNREACHABLE",
  "EMQX_KUBERNETES_DENIED",
  "EMQX_KUBERNETES_ERROR",
  "EMQX_API_UNREACHABLE",
  "EMQX_API_UNAUTHORIZED",
  "EMQX_API_ERROR",
  "EMQX_CONFIG_REJECTED",
  "EMQX_LICENSE_REJECTED",
  "EMQX_CLUSTER_EXISTS",
  "EMQX_PREFLIGHT_FAILED",
  "EMQX_PROGRESS_DEADLINE",
  "EMQX_DRAIN_DEADLINE",
  "EMQX_CLIENTS_AWAY",
  "EMQX_ROLLOUT_FENCED",
  "EMQX_ROLLOUT_ORPHANED",
  "EMQX_ROLLOUT_ABORTED",
  "EMQX_ROLLOUT_HELD",
  "EMQX_RECORD_INVALID",
  "EMQX_NOT_BUILT",
  "EMQX_INTERNAL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error whose message says what was expected, what came, what state things are in and what to do next. */
export class EmqxError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? {} : { cause: harmlessCause(options.cause) });
    this.name = "EmqxError";
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isEmqxError(value);
  }
}

export function isEmqxError(value: unknown): value is EmqxError {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Record<symbol, unknown>)[brand] === true
  );
}

/** Gives a foreign error a code, for places where Pulumi wants an error class of its own. */
export function asEmqxError<E extends Error>(error: E, code: ErrorCode): E & { code: ErrorCode } {
  return Object.defineProperty(Object.assign(error, { code }), brand, { value: true });
}
