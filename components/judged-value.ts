import { RunError } from "@pulumi/pulumi";
import { asEmqxError } from "./errors";
import type { Problem, Rule } from "./shape";

/** A value that becomes known while the program runs, judged by the rule of its argument; throws EMQX_INVALID_ARGUMENT. */
export function judgedValue<T>(value: T, path: string, rule: Rule): T {
  const problems: Problem[] = [];
  rule(value, path, problems);
  if (problems.length === 0) return value;
  throw invalidValue(problems.map(({ reason }) => reason).join(" "));
}

/** Pulumi shows a RunError without a stack. */
export const invalidValue = (message: string): RunError & { code: string } =>
  asEmqxError(new RunError(`EMQX_INVALID_ARGUMENT: ${message}`), "EMQX_INVALID_ARGUMENT");
