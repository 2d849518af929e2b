/** Judges the arguments of a component while the program runs, so that a mistake shows at its resource. */
import * as pulumi from "@pulumi/pulumi";
import { asEmqxError } from "./errors";
import { isLater, plainProblems } from "./plain";
import { isObject, type Problem } from "./shape";
import { shown } from "./shown";
import { withoutOutputs } from "./without-outputs";

export interface Judge {
  /** Name of the class. */
  kind: string;
  /** Arguments that shape the program itself, so that they cannot be outputs. */
  known: readonly string[];
  validate(args: unknown): Problem[];
}

/** The arguments without those that are null; throws EMQX_INVALID_ARGUMENT with every problem. */
export function requireValid<T extends object>(
  component: pulumi.Resource,
  name: string,
  args: T | undefined,
  judge: Judge,
): T {
  const problems = problemsOf(name, args ?? {}, judge);
  if (problems.length === 0) return withoutNulls(args ?? ({} as T));
  const reasons = problems.map(({ reason }) => `  - ${reason}`).join("\n");
  const text = `EMQX_INVALID_ARGUMENT: ${judge.kind} "${shown(name)}" cannot be made of these arguments:\n${reasons}`;
  // Pulumi shows a ResourceError at its resource and without a stack.
  throw asEmqxError(new pulumi.ResourceError(text, component, true), "EMQX_INVALID_ARGUMENT");
}

function problemsOf(name: string, args: unknown, { known, validate }: Judge): Problem[] {
  const plain = plainProblems(args);
  if (!plain.sound || !isObject(args)) return plain.sound ? validate(args) : plain.problems;
  const late = known
    .filter((key) => isLater(args[key]))
    .map((property) => ({
      property,
      reason: `Expected \`${property}\` to be a plain value, got an output: the program must know it. Give the value itself.`,
    }));
  // The rules see outputs as unknown, but what is no data must be told from the arguments themselves.
  const told = new Set(plain.problems.map(({ property }) => property));
  const others = validate({ ...withoutOutputs(args), name: args.name ?? name });
  return [...late, ...plain.problems, ...others.filter(({ property }) => !told.has(property))];
}

const withoutNulls = <T extends object>(args: T): T =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null)) as T;
