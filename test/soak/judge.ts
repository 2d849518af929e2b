import { checkInvariants } from "../../sandbox/measure/invariants";
import type { Report } from "../../sandbox/measure/report";
import { RATE } from "./soak";
import { endOf, rolloutsOf, serving, type Step } from "./step";

/**
 * The invariants that a step broke, one line each. A strike that hurts clients by itself, such as
 * the deletion of a pod that serves them, excuses what it does; I5 is left out, since it tells of
 * the speed of the machine.
 */
export function judge(step: Step, report: Report): string[] {
  const excused = ["I1", "I2: the Service", "I4", "I5", ...excuses(step)];
  const broken = checkInvariants(report).filter(
    (line) => !excused.some((start) => line.startsWith(start)),
  );
  const { strike } = step;
  const hold = (condition: boolean, line: string): void => void (condition || broken.push(line));
  // An evacuation that is begun again sends its first batch at once, within the second of the last.
  const rate = (strike ? 3 : 2) * RATE;
  const peak = report.peakDisconnectsPerSecond;
  hold(
    destroys(step) || peak <= rate,
    `I1: ${peak} clients were evicted in a second, at most ${rate}`,
  );
  const most = report.maxDisconnectsPerClient;
  const limit = rolloutsOf(step) + (destroys(step) || steals(step) ? 1 : 0);
  hold(most <= limit, `I4: a client was disconnected ${most} times, at most ${limit}`);
  const goals = [step.from, step.goal, endOf(step)];
  const floor = Math.min(...goals.map(serving)) - (destroys(step) ? 1 : 0);
  const least = report.minReadyEndpoints;
  hold(least >= floor, `I2: the Service had ${least} ready endpoints, at least ${floor}`);
  hold(report.sessionsExpected > 0 && report.qos1Published > 0, "load: there was none");
  return broken;
}

/** What the strike itself does to clients. */
function excuses(step: Step): string[] {
  // The sessions of a pod that is deleted under its clients go with it.
  if (destroys(step)) return ["I3", "I6"];
  // Whoever took the selector decides how many sets are behind the Service.
  return steals(step) ? ["I2", "roles"] : [];
}

/** Clients may have been on the green pod that was deleted. */
const destroys = ({ strike }: Step): boolean =>
  strike?.kind === "deleteGreen" && strike.at.phase === "Evacuate";

const steals = ({ strike }: Step): boolean => strike?.kind === "stealSelector";
