/** What went wrong in the sandbox, stable for tests and scripts. */
export type SandboxErrorCode =
  | "SANDBOX_PLATFORM"
  | "SANDBOX_LOOPBACK"
  | "SANDBOX_NO_GO"
  | "SANDBOX_OLD_GO"
  | "SANDBOX_DISK_FULL"
  | "SANDBOX_BUILD_FAILED"
  | "SANDBOX_PORT_BUSY"
  | "SANDBOX_START_FAILED"
  | "SANDBOX_NOT_BUILT"
  | "SANDBOX_NOT_RUNNING"
  | "SANDBOX_ABORTED";

/** An error that a person can act on: the message says what is wrong and what to do next. */
export class SandboxError extends Error {
  constructor(
    readonly code: SandboxErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "SandboxError";
  }
}
