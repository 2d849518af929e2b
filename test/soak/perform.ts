import { setTimeout as sleep } from "node:timers/promises";
import type { PulumiResult } from "../../sandbox/pulumi-cli";
import type { Hands } from "./hands";
import { Broken, type Soak } from "./soak";
import type { Step, Strike } from "./step";

/** Seconds that the command after a strike may take, with the patience for a dead holder's lease. */
const PATIENCE = 900;

/** Performs a step until the cluster is as it should be at its end; `notes` says what happened. */
export async function perform(
  soak: Soak,
  hands: Hands,
  step: Step,
  notes: string[],
): Promise<void> {
  const { strike } = step;
  await soak.want(step.goal);
  if (strike) {
    const { result, note } = await hands.upStruck(strike);
    notes.push(note, verdict(result));
    if (strike.kind === "kill") await soak.scenario.stack.cancel().catch(() => undefined);
    else if (strike.kind === "abort") await turnedBack(soak, step, result);
    else if (result.code !== 0 && !mayFail(strike)) {
      throw new Broken([`the up failed: ${verdict(result)}`]);
    }
    if (step.then) await soak.want(step.then);
  }
  await settle(soak, notes);
}

/** An abort ends as such; one that comes when blue is gone changes nothing, or finds nothing to change. */
async function turnedBack(soak: Soak, { from }: Step, result: PulumiResult): Promise<void> {
  const code = failure(result);
  if (result.code !== 0 && !["EMQX_ROLLOUT_ABORTED", "EMQX_ROLLOUT_HELD"].includes(code ?? "")) {
    throw new Broken([`control: an abort ended as ${code}`]);
  }
  await soak.want(from);
}

/** Whoever cannot reach the API server may give up; the next command goes on. */
const mayFail = ({ kind }: Strike): boolean => kind === "api";

/** `pulumi up` until it succeeds. Only a predecessor that still works is a reason to try again. */
async function settle({ scenario }: Soak, notes: string[]): Promise<void> {
  const deadline = Date.now() + PATIENCE * 1000;
  for (;;) {
    const result = await scenario.stack.startUp().result;
    notes.push(verdict(result));
    if (result.code === 0) return;
    const fenced = failure(result) === "EMQX_ROLLOUT_FENCED";
    if (!fenced || Date.now() > deadline) {
      throw new Broken([`the up that follows does not succeed: ${notes.at(-1)}`]);
    }
    await sleep(3000);
  }
}

/** How a command ended, in a word. */
function verdict({ code, output, seconds }: PulumiResult): string {
  const failed = failure({ code, output, seconds }) ?? `code ${code}`;
  const how = code === 0 ? "ok" : code === null ? "killed" : failed;
  return `up ${how} (${Math.round(seconds)} s)`;
}

/** The code that ended a command; a failure that keeps its outputs is one of Pulumi's list of reasons. */
function failure({ output }: PulumiResult): string | undefined {
  return [...output.matchAll(/(?:error:|\*) (EMQX_[A-Z_]+)/g)].at(-1)?.[1];
}
