/** What users, controllers and accidents do to the cluster. */
import { setTimeout as sleep } from "node:timers/promises";
import { writesSince } from "../../sandbox/measure/audit";
import { isNotFound, MERGE_PATCH } from "../../sandbox/node-agent/kube/client";
import type { PulumiResult, PulumiRun } from "../../sandbox/pulumi-cli";
import { killAll, processTree } from "../../sandbox/process-tree";
import { identify, isAlive, type ProcessIdentity } from "../../sandbox/toolchain/process-identity";
import { REVISION, ROLLOUT } from "../e2e/support/cluster";
import { rolloutOf, type RolloutAt } from "../e2e/support/faults";
import { troubleApi, troubleEmqx } from "./accidents";
import { Broken, type Soak } from "./soak";
import type { Moment, Strike } from "./step";

const CONTROL = "emqx.io/rollout-control";
const PHASES = ["Preflight", "CreateGreen", "WaitGreen", "Gate", "Promote", "Evacuate", "Retire"];

/** Seconds after which a command counts as stuck; several soaks may share this machine. */
const PATIENCE = 900;

/** Seconds after which a pause must be in force; the promise is 5, this machine may be busy. */
const PAUSE_GRACE = 9;

export class Hands {
  /** Processes of commands that were killed, to see that none is left over. */
  private readonly orphans: ProcessIdentity[] = [];

  constructor(private readonly soak: Soak) {}

  /** `pulumi up` with a strike in its course; says what became of it. */
  async upStruck(strike: Strike): Promise<{ result: PulumiResult; note: string }> {
    const run = this.soak.scenario.stack.startUp();
    let ended = false;
    const end = run.result.finally(() => (ended = true));
    const rollout = await this.moment(strike.at, () => ended);
    const note = ended ? "the up had ended before" : await this.strike(strike, run, rollout);
    return { result: await this.within(end, run), note };
  }

  /** Whoever was left behind by a kill has ended by itself; the pids of those that had to be ended. */
  async tidy(): Promise<number[]> {
    const alive = (): ProcessIdentity[] => this.orphans.filter(isAlive);
    for (let wait = 0; wait < 30 && alive().length > 0; wait += 1) await sleep(500);
    const left = alive().map(({ pid }) => pid);
    killAll(left);
    this.orphans.length = 0;
    await this.annotate(null).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    return left;
  }

  /** The rollout when the moment has come; undefined when the command ended before. */
  private async moment(
    { phase, milliseconds }: Moment,
    ended: () => boolean,
  ): Promise<RolloutAt | undefined> {
    const { bench, scenario } = this.soak;
    let rollout = await rolloutOf(bench.api, scenario);
    while (phase && !ended()) {
      if (rollout && PHASES.indexOf(rollout.phase) >= PHASES.indexOf(phase)) break;
      await sleep(50);
      rollout = await rolloutOf(bench.api, scenario);
    }
    const until = Date.now() + milliseconds;
    while (!ended() && Date.now() < until) await sleep(50);
    return rollout;
  }

  private async strike(strike: Strike, run: PulumiRun, rollout?: RolloutAt): Promise<string> {
    switch (strike.kind) {
      case "kill":
        return this.kill(strike.who, run);
      case "pause":
        return this.pause(strike.seconds);
      case "abort":
        await this.annotate("abort");
        return "asked to abort";
      case "deleteGreen":
        return this.deleteGreen(strike.pick, rollout);
      case "stealSelector":
        return this.stealSelector(strike.to, rollout);
      case "api":
        return troubleApi(this.soak, strike.trouble, strike.seconds);
      case "emqx":
        return troubleEmqx(this.soak, strike.trouble, strike.seconds, strike.pick);
    }
  }

  private async kill(who: "provider" | "cli" | "both", run: PulumiRun): Promise<string> {
    const at = (await rolloutOf(this.soak.bench.api, this.soak.scenario))?.phase ?? "no rollout";
    const tree = run.pid === undefined ? [] : processTree(run.pid);
    for (const pid of tree) {
      const process = identify(pid);
      if (process) this.orphans.push(process);
    }
    if (who === "both") killAll(tree);
    if (who === "cli") killAll(tree.slice(0, 1));
    if (who === "provider") {
      const holder = await this.holder();
      if (holder === undefined) return "there was no provider to kill yet";
      killAll([holder]);
    }
    return `killed during ${at}`;
  }

  /** Nothing but the record and the lease is written while the rollout is paused. */
  private async pause(seconds: number): Promise<string> {
    const { auditLog } = this.soak.bench.sandbox;
    await this.annotate("pause");
    await sleep(PAUSE_GRACE * 1000);
    const since = Date.now();
    await sleep(seconds * 1000 - PAUSE_GRACE * 1000);
    const writes = writesSince(auditLog, since, ROLLOUT)
      .map(({ verb, object }) => `${verb} ${object}`)
      .filter((write) => !/^\w+ (leases|configmaps) \S+-rollout$/.test(write));
    await this.annotate("resume");
    if (writes.length > 0) throw new Broken([`control: written while paused: ${writes.join()}`]);
    return "paused and resumed";
  }

  private async deleteGreen(pick: number, rollout?: RolloutAt): Promise<string> {
    const { bench, scenario } = this.soak;
    const before = (rollout?.from ?? "").split("/");
    const fresh = (rollout?.to ?? "").split("/").filter((revision) => !before.includes(revision));
    const pods = (await bench.pods(scenario.watched))
      .filter(({ metadata }) => fresh.includes(metadata.labels?.[REVISION] ?? ""))
      .map(({ metadata }) => metadata.name)
      .sort();
    const name = pods[pick % Math.max(1, pods.length)];
    if (name === undefined) return "there was no green pod yet";
    const { namespace } = scenario.watched;
    try {
      await bench.api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return `deleted ${name}`;
  }

  private async stealSelector(to: "blue" | "everybody", rollout?: RolloutAt): Promise<string> {
    const { bench, scenario } = this.soak;
    const { namespace, cluster } = scenario.watched;
    const blue = rollout?.from?.split("/").at(-1);
    if (to === "blue" && !blue) return "there was no blue";
    const selector = { [REVISION]: to === "blue" ? blue : null };
    await bench.api.patch(
      `/api/v1/namespaces/${namespace}/services/${cluster}-listeners`,
      { spec: { selector } },
      MERGE_PATCH,
    );
    return `selector taken to ${to}`;
  }

  private async annotate(control: string | null): Promise<void> {
    const { bench, scenario } = this.soak;
    const { namespace, cluster } = scenario.watched;
    const path = `/api/v1/namespaces/${namespace}/configmaps/${cluster}-rollout`;
    await bench.api.patch(path, { metadata: { annotations: { [CONTROL]: control } } }, MERGE_PATCH);
  }

  /** Pid of the provider that holds the lease; undefined when nobody does. */
  async holder(): Promise<number | undefined> {
    const { bench, scenario } = this.soak;
    const { namespace, cluster } = scenario.watched;
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${cluster}-rollout`;
    try {
      const { spec } = await bench.api.get<{ spec?: { holderIdentity?: string } }>(path);
      return spec?.holderIdentity ? Number(spec.holderIdentity.split("/")[1]) : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  private async within(end: Promise<PulumiResult>, run: PulumiRun): Promise<PulumiResult> {
    const clock = new AbortController();
    const late = sleep(PATIENCE * 1000, undefined, { signal: clock.signal }).then(() => undefined);
    const result = await Promise.race([end, late]);
    clock.abort();
    late.catch(() => undefined);
    if (result) return result;
    run.kill();
    throw new Broken([`\`pulumi up\` had not ended after ${PATIENCE} s`]);
  }
}
