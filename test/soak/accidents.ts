/** API servers and EMQX nodes that misbehave for a while. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Effect } from "../../sandbox/faults/kube-proxy";
import type { AnswerSwitch } from "../../sandbox/emqx/switches/answers";
import { API, EmqxFaults, everyPod } from "../faults/support/emqx-faults";
import { ENGINE } from "../faults/support/kube-faults";
import type { Soak } from "./soak";
import type { ApiTrouble, EmqxTrouble } from "./step";

const API_EFFECTS: Record<ApiTrouble, Effect> = {
  "429": { kind: "answer", status: 429, retryAfter: 1 },
  "500": { kind: "answer", status: 500 },
  "503": { kind: "answer", status: 503 },
  "cut connections": { kind: "cut-before" },
  "cut answers": { kind: "cut-after" },
  "slow answers": { kind: "delay", milliseconds: 1500 },
};

const EMQX_ANSWERS: Record<EmqxTrouble, Omit<AnswerSwitch, "path">> = {
  "500": { status: 500 },
  "503": { status: 503 },
  garbage: { garbage: "html" },
  silence: { silent: true },
  "slow answers": { delaySeconds: 2 },
};

/** The rollout's requests to the API server go wrong for so long. */
export async function troubleApi(
  { proxy }: Soak,
  trouble: ApiTrouble,
  seconds: number,
): Promise<string> {
  const rule = proxy.strike({ agent: ENGINE, effect: API_EFFECTS[trouble] });
  await sleep(seconds * 1000);
  proxy.heal(rule);
  proxy.forget();
  return `${rule.struck} requests met ${trouble}`;
}

/** One EMQX node, or every one, answers the rollout wrongly for so long. */
export async function troubleEmqx(
  { bench, scenario }: Soak,
  trouble: EmqxTrouble,
  seconds: number,
  pick?: number,
): Promise<string> {
  const faults = new EmqxFaults(bench, scenario);
  const pods = (await faults.pods(everyPod)).map(({ metadata }) => metadata.name).sort();
  const chosen = pick === undefined ? pods : pods.slice(pick % pods.length).slice(0, 1);
  const answer = { path: API, ...EMQX_ANSWERS[trouble] };
  await faults.answers(({ metadata }) => chosen.includes(metadata.name), answer);
  await sleep(seconds * 1000);
  await faults.clear();
  return `${trouble} of ${chosen.length} of ${pods.length} nodes`;
}
