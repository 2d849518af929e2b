import { setTimeout as sleep } from "node:timers/promises";
import { checkInvariants } from "../../../sandbox/measure/invariants";
import type { Report } from "../../../sandbox/measure/report";
import { isNotFound, type KubeClient } from "../../../sandbox/node-agent/kube/client";
import type { PulumiResult } from "../../../sandbox/pulumi-cli";
import type { Scenario } from "../../../sandbox/scenario";
import { eventually, type Bench } from "./cluster";

/** What the cluster itself holds about the rollout under way. */
export interface RolloutAt {
  phase: string;
  from: string | null;
  to: string;
}

/** The rollout under way as the ConfigMap `<cluster>-rollout` tells; undefined when there is none. */
export async function rolloutOf(
  api: KubeClient,
  { watched: { namespace, cluster } }: Scenario,
): Promise<RolloutAt | undefined> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${cluster}-rollout`;
  try {
    const { data } = await api.get<{ data?: Record<string, string> }>(path);
    const record = JSON.parse(data?.["record.json"] ?? "{}") as {
      current?: RolloutAt & { finishedAt?: string };
    };
    return record.current?.finishedAt === undefined ? record.current : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Starts `pulumi up` and ends CLI, program and providers by SIGKILL as soon as the record shows the
 * phase and `and` holds. Returns the rollout as the dead run left it.
 */
export async function upKilledDuring(
  { api }: Bench,
  scenario: Scenario,
  phase: string,
  and: (rollout: RolloutAt) => boolean = () => true,
): Promise<RolloutAt> {
  const run = scenario.stack.startUp();
  let ended: PulumiResult | undefined;
  const end = run.result.then((result) => (ended = result));
  for (;;) {
    const rollout = await rolloutOf(api, scenario);
    if (rollout?.phase === phase && and(rollout)) break;
    if (ended) {
      throw new Error(
        `Expected to kill \`pulumi up\` during ${phase}, but it ended before:\n${ended.output}`,
      );
    }
    await sleep(20);
  }
  const holder = await leaseHolder(api, scenario);
  run.kill();
  const { code, output } = await end;
  if (code !== null)
    throw new Error(`Expected a killed \`pulumi up\`, got code ${code}:\n${output}`);
  // The system's own bookkeeping lags behind: a dead process is there until somebody reaps it.
  const alive = await eventually(
    () => Promise.resolve(isAlive(holder)),
    (answer) => !answer,
  );
  if (alive) throw new Error(`Expected the runner ${holder} to be dead, but it lives on.`);
  const left = await rolloutOf(api, scenario);
  if (left) return left;
  throw new Error(`Expected a rollout cut short during ${phase}, but the record has none.`);
}

/** `host/pid/...` of the process that works on the cluster. */
async function leaseHolder(
  api: KubeClient,
  { watched: { namespace, cluster } }: Scenario,
): Promise<string> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${cluster}-rollout`;
  const { spec } = await api.get<{ spec?: { holderIdentity?: string } }>(path);
  if (spec?.holderIdentity) return spec.holderIdentity;
  throw new Error(`Expected that somebody holds the Lease ${cluster}-rollout.`);
}

function isAlive(holder: string): boolean {
  try {
    process.kill(Number(holder.split("/")[1]), 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * The invariants of an upgrade that hold on any machine: I5 asks how many are away at one moment,
 * which on a busy one tells of the clients' own speed.
 */
export function brokenInvariants(report: Report): string[] {
  return checkInvariants(report).filter((line) => !line.startsWith("I5:"));
}
