/** Decisions that do nothing, or nothing more. */
import type { ErrorCode } from "../errors";
import type { Decision, Phase } from "./types";

export const wait = (phase: Phase, waitingFor: string): Decision => ({
  phase,
  actions: [],
  waitingFor,
});

export const halt = (code: ErrorCode, message: string, phase: Phase = "Held"): Decision => ({
  phase,
  actions: [],
  waitingFor: "",
  failed: { code, message },
});
