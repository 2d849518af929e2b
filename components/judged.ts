/** The frame of every judgement: plain data first, then the rules, and no endless list of problems. */
import { plainProblems } from "./plain";
import { isObject, type Problem, type Rule } from "./shape";

/** Problems that are told at once; more would bury them. */
const MAX_PROBLEMS = 20;

/** `further` looks at arguments of the right shape, several at once. */
export function judged(
  args: unknown,
  rule: Rule,
  further: (args: Record<string, unknown>) => Problem[],
): Problem[] {
  const plain = plainProblems(args);
  if (!plain.sound) return atMost(plain.problems);
  const problems: Problem[] = [];
  rule(args, "", problems);
  if (problems.length + plain.problems.length === 0 && isObject(args)) {
    problems.push(...further(args));
  }
  // A rule knows better what it expected.
  const told = new Set(problems.map(({ property }) => property));
  return atMost([...problems, ...plain.problems.filter(({ property }) => !told.has(property))]);
}

function atMost(problems: Problem[]): Problem[] {
  const more = problems.length - MAX_PROBLEMS;
  const [first] = problems;
  if (more <= 0 || !first) return problems;
  return [
    ...problems.slice(0, MAX_PROBLEMS),
    { property: first.property, reason: `There are ${more} more problems like these.` },
  ];
}
