/** Somebody changes his mind in the middle of an upgrade: what to do it with, and how to judge it. */
import assert from "node:assert/strict";
import { availableParallelism, loadavg } from "node:os";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetProcess } from "../../../sandbox/load/process";
import { readEndState } from "../../../sandbox/measure/emqx-api";
import { peakWithin } from "../../../sandbox/measure/peak";
import type { KubeObject } from "../../../sandbox/node-agent/kube/types";
import type { PulumiRun } from "../../../sandbox/pulumi-cli";
import type { Scenario } from "../../../sandbox/scenario";
import { REVISION, type Bench } from "../../e2e/support/cluster";
import { rolloutOf, type RolloutAt } from "../../e2e/support/faults";

/** Clients in all; the issue's own figure is `MIND_CLIENTS=3000`. */
export const CLIENTS = Number(process.env.MIND_CLIENTS ?? 150);
/** Sessions whose clients are away. */
export const OFFLINE = Math.ceil(CLIENTS / 20);
/** Evictions a second: moving everybody takes ten seconds. */
export const RATE = Math.ceil(CLIENTS / 10);
/** Options of a scenario of that size. */
export const SIZE = { connEvictRate: RATE, sessEvictRate: RATE, initialDelaySeconds: 1 };
/** Seconds within which a control has to be seen, where the machine is not overloaded. */
export const SEEN_SECONDS = 5;

/** Whether a control was seen in time; a machine with more to do than it can gets so much longer. */
export function assertSeen(t: TestContext, control: string, from: number, seen: number): void {
  const busy = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  const seconds = (seen - from) / 1000;
  const allowed = SEEN_SECONDS * busy;
  t.diagnostic(`${control} seen after ${seconds} s of ${allowed.toFixed(1)} s`);
  assert.ok(seconds <= allowed, `${control} was seen after ${seconds} s, allowed are ${allowed} s`);
}

/** Lines of the CLI with the time at which each came; give `onLine` to the scenario. */
export class Lines {
  private readonly lines: { t: number; text: string }[] = [];
  readonly onLine = (text: string): void => void this.lines.push({ t: Date.now(), text });

  /** The first line since a moment that says so; waits for it. */
  async first(since: number, pattern: RegExp, seconds = 60): Promise<{ t: number; text: string }> {
    for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline;) {
      const line = this.lines.find(({ t, text }) => t >= since && pattern.test(text));
      if (line) return line;
      await sleep(20);
    }
    const tail = this.lines.slice(-20).map(({ text }) => text);
    throw new Error(`Expected ${pattern} within ${seconds} s, got:\n${tail.join("\n")}`);
  }
}

/**
 * Connects the clients. They publish slowly: on a busy machine a case takes minutes, and a session
 * whose client is away keeps 1000 messages.
 */
export function connect(scenario: Scenario): Promise<FleetProcess> {
  return scenario.connect({ clients: CLIENTS, offline: OFFLINE, messagesPerSecond: 30 });
}

/** Sets the annotation as a person does; returns when. */
export async function order(
  { api }: Bench,
  { watched: { namespace, cluster } }: Scenario,
  control: "pause" | "resume" | "abort" | "promote",
): Promise<number> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${cluster}-rollout`;
  await api.patch(path, { metadata: { annotations: { "emqx.io/rollout-control": control } } });
  return Date.now();
}

/** Resolves with the time at which the rollout has obeyed `abort` or `promote`: the annotation is gone. */
export async function obeyed(
  { api }: Bench,
  { watched: { namespace, cluster } }: Scenario,
): Promise<number> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${cluster}-rollout`;
  for (;;) {
    const { metadata } = await api.get<KubeObject>(path);
    if (metadata.annotations?.["emqx.io/rollout-control"] === undefined) return Date.now();
    await sleep(20);
  }
}

/** Waits for a moment of the rollout under way. */
export async function reach(
  bench: Bench,
  scenario: Scenario,
  run: PulumiRun,
  { phase, and = () => Promise.resolve(true) }: Moment,
): Promise<RolloutAt> {
  let ended: string | undefined;
  void run.result.then(({ output }) => (ended = output));
  for (;;) {
    const rollout = await rolloutOf(bench.api, scenario);
    if (rollout?.phase === phase && (await and(bench, scenario, rollout))) return rollout;
    assert.equal(ended, undefined, `the rollout ended before ${phase} was seen:\n${ended}`);
    await sleep(20);
  }
}

export interface Moment {
  phase: string;
  and?: (bench: Bench, scenario: Scenario, rollout: RolloutAt) => Promise<boolean>;
}

/** A pod of blue is gone and another is not. */
export const partOfBlueDeleted: Moment["and"] = async (bench, scenario, { from }) => {
  const blue = await podsOf(bench, scenario, from);
  return blue.length > 0 && blue.length < 3;
};

export async function podsOf(
  bench: Bench,
  { watched }: Scenario,
  revision: string | null,
): Promise<string[]> {
  const pods = await bench.pods(watched);
  return pods
    .filter(({ metadata }) => metadata.labels?.[REVISION] === revision)
    .map(({ metadata }) => `${metadata.name} ${metadata.uid}`)
    .sort();
}

/** Revision that the listeners Service selects. */
export async function selected(bench: Bench, { watched }: Scenario): Promise<string | undefined> {
  return (await bench.service(watched, "listeners")).spec?.selector?.[REVISION];
}

/** Whether nothing was lost, whatever happened, and `revision` alone serves everybody. */
export async function assertServes(
  { bench, scenario, fleet, t }: Stage,
  revision: string,
  most = 2,
): Promise<void> {
  const figures = await fleet.settle();
  const last = fleet.latest();
  await fleet.stop();
  const disconnects = new Map<number, number>();
  for (const [, , client] of figures.disconnects) {
    disconnects.set(client, (disconnects.get(client) ?? 0) + 1);
  }
  const worst = Math.max(0, ...disconnects.values());
  const peak = peakWithin(
    figures.disconnects.map(([at]) => at),
    1000,
  );
  const { sessionsExpected, sessionsLost, messages } = figures;
  t.diagnostic(
    `clients ${CLIENTS + OFFLINE}, sessionsLost ${sessionsLost}, qos1Lost ${messages.lost}, ` +
      `maxDisconnectsPerClient ${worst}, ${figures.disconnects.length} disconnects, at most ${peak} in a second at rate ${RATE}`,
  );
  assert.ok(sessionsExpected > 0 && messages.published > 0);
  assert.equal(sessionsLost, 0, "sessionsLost");
  assert.equal(messages.lost, 0, "qos1Lost");
  assert.ok(worst <= most, `a client was disconnected ${worst} times`);
  // EMQX evicts once a second, so a window of one second may touch two turns.
  assert.ok(peak <= 2 * RATE, `I1: ${peak} clients were evicted in a second at rate ${RATE}`);

  const end = await readEndState(scenario.watched, revision);
  assert.deepEqual(end.evacuationsLeft, [], "evacuations left");
  assert.deepEqual(end.objectsLeft, [], "objects of other revisions left");
  assert.equal(await selected(bench, scenario), revision);
  assert.deepEqual(end.clusterNodes.map(({ node }) => node).sort(), end.expectedNodes.sort());
  assert.equal(end.expectedNodes.length, 3);
  assert.deepEqual([...new Set(end.clusterNodes.map((each) => each.node_status))], ["running"]);
  const elsewhere = last?.pods.filter((pod, index) => {
    const on = last.sample.byPod[index] ?? 0;
    return on > 0 && !pod.includes(`-${revision}-`);
  });
  assert.deepEqual(elsewhere, [], "clients on pods of another revision");
  await bench.forgetSessions(scenario.watched);
}

/** As the resource has it: the stack's outputs are those of the last `pulumi up` that succeeded. */
export async function lastRollout({ stack }: Scenario): Promise<{ verdict?: string } | undefined> {
  const { deployment } = JSON.parse(await stack.export()) as {
    deployment: { resources: { type: string; outputs?: { lastRollout?: { verdict?: string } } }[] };
  };
  return deployment.resources.find(({ type }) => type.endsWith(":Rollout"))?.outputs?.lastRollout;
}

export interface Stage {
  bench: Bench;
  scenario: Scenario;
  fleet: FleetProcess;
  t: TestContext;
}

/** Resolves with the seconds since `since` after which the Service leads to a revision. */
export async function servedAgain(
  bench: Bench,
  scenario: Scenario,
  revision: string | null,
  since: number,
  signal: AbortSignal,
): Promise<number> {
  while (!signal.aborted) {
    if ((await selected(bench, scenario)) === revision) break;
    await sleep(50);
  }
  return (Date.now() - since) / 1000;
}
